/* SPDX-License-Identifier: Apache-2.0
 *
 * The change protocol of server/operations: one operation id, sent again and again to any server, over a PostgreSQL
 * that loses connections and a network that loses answers. scripts/check-models verifies the claims at the end.
 *
 * A call runs on a server of its own, so two calls are two servers. Call 0 is nobody. Every action names the function
 * that it stands for; actions of the environment say so. A statement of PostgreSQL is one step. What the model leaves
 * out: the standby (operations::ConfirmKept), poolers, and what a change does to the tables, which is one version number.
 */

#ifndef OPERATIONS
#define OPERATIONS 1 /* ids, each of one client */
#endif
#ifndef CALLS
#define CALLS 3 /* calls of all clients */
#endif
#ifndef FAULTS
#define FAULTS 2 /* lost connections, killed servers, crashes of PostgreSQL */
#endif
#ifndef CANCELS
#define CANCELS 0 /* requests to cancel */
#endif

#ifndef SERVERS
#define SERVERS 2 /* each with one call at a time */
#endif

#define NOBODY 0
#define NO_ID OPERATIONS /* of a call that has not been made */
#define SLOTS (CALLS + 1)
#define IDS (OPERATIONS + 1)

mtype = { none, running, succeeded, failed };        /* of a row in stateserver.operations; `failed` is also `refused` */
mtype = { gone, idle, in_transaction };              /* of a backend of PostgreSQL */
mtype = { success, failure, is_running, in_doubt }; /* of an answer to a client */

/* PostgreSQL: what is committed. */
mtype row[IDS] = none;
byte attempt[IDS];  /* the call that wrote `running`, known by started_ts */
byte result[IDS];   /* the call whose result is recorded */
byte cancel_of[IDS]; /* the attempt that is to be cancelled */
byte version;              /* of the state */
byte points;               /* restore points of committed changes */
byte events;               /* `succeeded` in the audit trail */

/* PostgreSQL: locks, by call. */
byte id_lock[IDS] = NOBODY;  /* the advisory lock of the session */
byte row_lock[IDS] = NOBODY; /* of a transaction that has written the outcome */
byte state_lock = NOBODY;           /* of the state schema */

/* PostgreSQL: the backend of a call, and what its transaction has written. */
mtype backend[SLOTS] = gone;
bool took_point[SLOTS];
bool changed[SLOTS];
bool finished[SLOTS];
byte base[SLOTS]; /* the version that the transaction has read under its lock */
byte copy[SLOTS]; /* the version in its restore point */

/* Between a call and its backend. */
bool lost[SLOTS];        /* the connection is broken */
bool commit_sent[SLOTS]; /* COMMIT is on its way */
bool commit_done[SLOTS]; /* its answer is on its way */

/* Calls. */
bool asked[SLOTS]; /* the client waits for an answer */
byte id_of[SLOTS] = NO_ID;
bool serving[SLOTS];
bool killed[SLOTS];
bool cancelled[SLOTS]; /* the context of the call */
bool holds_row[SLOTS]; /* between WriteRunning and the end of the attempt */
mtype answer[SLOTS]; /* 0: none yet */
byte calls;
byte faults = FAULTS;
byte cancels = CANCELS;
byte clients_done;
byte calls_open;

/* What has happened, for the claims. */
byte effects[IDS];
bool committed[SLOTS];
bool told_failure[SLOTS];
bool lied;             /* a change that was answered with a failure has taken effect */
byte first_result[IDS];
bool early_success;    /* a success was answered before its commit */
bool other_result;     /* an answer had another result than the first success */
bool overwritten;      /* a change was based on a state that was not the newest, or its restore point was another */
bool late_cancel;      /* a request to cancel was accepted after the outcome had been written */

/* Only with -DREACHES: the flags of the claims at the very end. */
#ifdef REACHES
bool replayed, settled_success, settled_failure, was_abandoned, was_cancelled, was_refused_running;
#define REACHED(flag) flag = true
#else
#define REACHED(flag) skip
#endif

/* --- the environment: PostgreSQL ------------------------------------------------------------------------------ */

/* environment: ROLLBACK, on request or because the backend ends */
inline RollBack(c) {
  took_point[c] = false;
  changed[c] = false;
  finished[c] = false;
  base[c] = 0;
  copy[c] = 0;
  if
  :: state_lock == c -> state_lock = NOBODY
  :: else
  fi;
  if
  :: row_lock[id_of[c]] == c -> row_lock[id_of[c]] = NOBODY
  :: else
  fi
}

/* environment: nothing of the call is left; equal states have equal variables */
inline Forget(c) {
  lost[c] = false;
  commit_done[c] = false;
  committed[c] = false;
  told_failure[c] = false
}

/* environment: a backend ends; PostgreSQL rolls back and releases the locks of the session */
inline EndBackend(c) {
  RollBack(c);
  if
  :: id_lock[id_of[c]] == c -> id_lock[id_of[c]] = NOBODY
  :: else
  fi;
  commit_sent[c] = false;
  backend[c] = gone;
  if
  :: !serving[c] -> Forget(c)
  :: else
  fi
}

/* environment: COMMIT takes effect: all that the transaction has written, or nothing of it */
inline TakeEffect(c) {
  commit_sent[c] = false;
  commit_done[c] = true;
  if
  :: changed[c] ->
     if
     :: base[c] != version || (took_point[c] && copy[c] != version) -> overwritten = true
     :: else
     fi;
     version++;
     effects[id_of[c]]++;
     committed[c] = true;
     if
     :: told_failure[c] -> lied = true
     :: else
     fi;
     if
     :: first_result[id_of[c]] == NOBODY -> first_result[id_of[c]] = c
     :: else
     fi
  :: else
  fi;
  if
  :: took_point[c] -> points++
  :: else
  fi;
  if
  :: finished[c] ->
     row[id_of[c]] = succeeded;
     result[id_of[c]] = c;
     events++
  :: else
  fi;
  RollBack(c);
  backend[c] = idle
}

/* environment: the backend of a call, its connection, and the life of its server */
proctype Backend(byte c) {
end_backend:
  do
  :: d_step { commit_sent[c] && backend[c] == in_transaction -> TakeEffect(c) }
  /* It notices that its client is gone: before a COMMIT on its way or after it. */
  :: d_step { lost[c] && backend[c] != gone -> EndBackend(c) }
  :: d_step { faults > 0 && backend[c] != gone && !lost[c] -> faults--; lost[c] = true }
  :: d_step { faults > 0 && serving[c] && !killed[c] -> faults--; killed[c] = true; lost[c] = true }
  od
}

/* environment: PostgreSQL stops as in a power cut and recovers */
proctype PowerCut() {
  byte c;
end_power_cut:
  d_step {
    faults > 0 -> faults--;
    for (c : 1 .. CALLS) {
      if
      :: backend[c] != gone -> lost[c] = true; EndBackend(c)
      :: else
      fi
    }
    c = 0
  }
}

/* --- the server: server/operations ----------------------------------------------------------------------------- */

/* operations::RunningOperation::~RunningOperation (server/operations/log.cc)
 * The session returns to the pool without its lock, or ends; a lost one ends by itself. */
inline Release(c) {
  d_step {
    holds_row[c] = false;
    if
    :: lost[c]
    :: else -> EndBackend(c)
    fi
  }
}

/* operations::WriteError (server/operations/log.cc)
 * Waits for a transaction that has written the outcome. Only the attempt's own row is ended. */
inline WriteError(c) {
  d_step {
    row_lock[id_of[c]] == NOBODY ->
    holds_row[c] = false;
    if
#ifdef MUTATION_ANY_ATTEMPT_ENDS_THE_ROW
    :: row[id_of[c]] == running -> row[id_of[c]] = failed
#else
    :: row[id_of[c]] == running && attempt[id_of[c]] == c -> row[id_of[c]] = failed
#endif
    :: else
    fi
  }
}

/* postgres::EndLostBackend (server/platform/postgres/error_mapping.cc)
 * Best effort: the role may lack the right, or the backend may not end in time. */
inline EndLostBackend(c) {
  if
  :: d_step { lost[c] && backend[c] != gone -> EndBackend(c) }
  :: skip
  fi
}

/* operations::RunningOperation::Fail (server/operations/log.cc)
 * The part over another connection, which may not be available, or not long enough. */
inline FailOverAnother(c) {
  if
  :: skip
  :: EndLostBackend(c);
     if
     :: WriteError(c)
     :: skip
     fi
  fi
}

/* operations::RunningOperation::Fail (server/operations/log.cc) */
inline Fail(c) {
  if
  :: d_step { !lost[c] -> RollBack(c); backend[c] = idle };
     if
     :: !lost[c] -> WriteError(c)
     :: lost[c] -> FailOverAnother(c)
     fi
  :: lost[c] -> FailOverAnother(c)
  fi
}

/* operations::RecordRefused (server/operations/log.cc) */
inline RecordRefused(c) {
  d_step {
    if
    :: row[id_of[c]] == none -> row[id_of[c]] = failed
    :: else
    fi
  }
}

/* operations::Beginner::TryLock (server/operations/log.cc) */
inline TryLock(c) {
  d_step {
    backend[c] = idle;
    if
    :: id_lock[id_of[c]] == NOBODY -> id_lock[id_of[c]] = c; locked = true
    :: else -> locked = false
    fi
  }
}

/* operations::Beginner::WriteRunning (server/operations/log.cc) */
inline WriteRunning(c) {
  d_step {
    row[id_of[c]] = running;
    attempt[id_of[c]] = c;
    holds_row[c] = true
  }
}

/* postgres::LockState (server/platform/postgres/locks.cc) */
inline LockState(c) {
  backend[c] = in_transaction;
  state_lock = c;
  base[c] = version
}

/* operations::Change::TakeRestorePoint (server/operations/change.cc)
 * Only its transaction sees it, so it is one step with the lock and the change. */
inline TakeRestorePoint(c) {
  took_point[c] = true;
  copy[c] = version
}

/* operations::RunningOperation::Finish (server/operations/log.cc) */
inline Finish(c) {
  d_step {
    if
    :: row[id_of[c]] == running && id_lock[id_of[c]] == c ->
       ok = true;
#ifdef MUTATION_OUTCOME_BEFORE_COMMIT
       row[id_of[c]] = succeeded;
       result[id_of[c]] = c;
       events++
#else
       row_lock[id_of[c]] = c;
       finished[c] = true
#endif
    :: else -> ok = false
    fi
  }
}

/* operations::Change::CommitJson (server/operations/change.cc)
 * What the caller is told. */
inline Answer(c, what) {
  d_step {
    if
    :: asked[c] -> answer[c] = what
    :: else
    fi;
    if
    :: what == success ->
       if
       :: effects[id_of[c]] == 0 -> early_success = true
       :: else
       fi;
       if
       :: result[id_of[c]] != first_result[id_of[c]] -> other_result = true
       :: else
       fi
    :: what == failure ->
       told_failure[c] = true;
       if
       :: committed[c] -> lied = true
       :: else
       fi
    :: else
    fi
  }
}

/* operations::Change::Start (server/operations/change.cc) */
proctype Call(byte c) {
  bool locked, ok;
  mtype seen;
end_unasked:
  d_step { id_of[c] != NO_ID -> serving[c] = true };
  {
    /* operations::Change::CheckUnlessSucceeded (server/operations/change.cc) */
    if
    :: row[id_of[c]] != succeeded -> RecordRefused(c); Answer(c, failure); goto ended
    :: true
    fi;

    TryLock(c);
    /* operations::Beginner::Earlier (server/operations/log.cc) */
    if
    :: lost[c] -> goto begin_failed
    :: d_step { !lost[c] -> seen = row[id_of[c]] }
    fi;
    if
#ifndef MUTATION_REPLAY_RUNS_AGAIN
    :: seen == succeeded -> goto replay
#endif
    :: else ->
       if
       :: !locked -> Release(c); REACHED(was_refused_running); Answer(c, is_running); goto ended
       :: locked
       fi
    fi;
    if
    :: lost[c] -> goto begin_failed
    :: atomic { !lost[c] -> WriteRunning(c) }
    fi;
    if
    :: lost[c] -> goto begin_failed /* the row may be written */
    :: !lost[c]
    fi;

    /* operations::RunChange (server/operations/change.h) */
    if
    :: lost[c] -> goto fails
    :: d_step { !lost[c] && state_lock == NOBODY -> LockState(c); TakeRestorePoint(c); changed[c] = true }
    :: true -> goto fails /* refused, a limit of time, or a request to cancel */
    fi;
    if
    :: lost[c] -> goto fails
    :: atomic { !lost[c] && (row_lock[id_of[c]] == NOBODY) -> Finish(c) }
    fi;
    if
    :: !ok -> goto fails /* POOLER_UNSAFE */
    :: ok
    fi;

    /* postgres::PooledSession::Commit (server/platform/postgres/pooled_session.cc) */
    if
    :: lost[c] -> goto fails
    :: d_step { !lost[c] && cancelled[c] -> REACHED(was_cancelled) }; goto fails
    :: d_step { !lost[c] && !cancelled[c] -> commit_sent[c] = true }
    fi;
    if
    :: lost[c] -> goto settles
    :: !lost[c] && commit_done[c]
    fi;
    /* operations::RunningOperation::ReadKept (server/operations/log.cc) */
    if
    :: !lost[c] -> skip
    :: lost[c] ->
       if
       :: row[id_of[c]] == succeeded
       :: true -> goto doubtful
       fi
    fi;
    Answer(c, success);
    Release(c);
    goto ended;

settles:
    /* operations::RunningOperation::Settle (server/operations/log.cc) */
    if
    :: skip
    :: true -> goto doubtful /* no other connection */
    fi;
    EndLostBackend(c);
    if
    :: WriteError(c)
    :: true -> goto doubtful /* the row is locked for too long, or the connection is lost */
    fi;
    seen = row[id_of[c]];
    if
    :: seen == succeeded -> REACHED(settled_success); Answer(c, success); Release(c); goto ended
    :: else -> REACHED(settled_failure); goto fails
    fi;

doubtful:
    Fail(c);
    Answer(c, in_doubt);
    Release(c);
    goto ended;

fails:
    /* operations::Change::Fail (server/operations/change.cc) */
    Fail(c);
    Answer(c, failure);
    Release(c);
    goto ended;

replay:
    /* operations::Beginner::Unlock (server/operations/log.cc) */
    if
    :: lost[c] -> goto begin_failed
    :: !lost[c] -> Release(c)
    fi;
    REACHED(replayed);
    Answer(c, success);
    goto ended;

begin_failed:
    Release(c);
    Answer(c, failure);

ended:
    skip
  } unless { killed[c] };
  d_step {
    if
    :: killed[c] && row[id_of[c]] == running -> REACHED(was_abandoned)
    :: else
    fi;
    holds_row[c] = false;
    serving[c] = false;
    killed[c] = false;
    cancelled[c] = false;
    if
    :: backend[c] == gone -> Forget(c)
    :: else
    fi;
    locked = false;
    ok = false;
    seen = 0;
    calls_open--
  }
}

/* --- the clients ------------------------------------------------------------------------------------------------ */

/* client::RunImport (client/transfer/import_run.cc)
 * Sends the operation, and sends it again with the same id, on any server, as often as there are calls. */
proctype Client(byte id) {
  byte c;
  do
  :: d_step { calls < CALLS && calls_open < SERVERS -> calls++; c = calls; id_of[c] = id; asked[c] = true; calls_open++ };
     if
     :: d_step { answer[c] == success -> asked[c] = false; answer[c] = 0 }; break
     :: d_step { answer[c] != 0 && answer[c] != success -> asked[c] = false; answer[c] = 0 }
     /* The answer is lost, or the client does not wait for it; the server need not notice. */
     :: d_step { asked[c] = false; answer[c] = 0 }
#if CANCELS > 0
     :: d_step { serving[c] -> asked[c] = false; answer[c] = 0; cancelled[c] = true }
#endif
     fi
  :: break
  od;
  skip; /* no jump into a d_step */
  d_step { c = 0; clients_done++ }
}

#if CANCELS > 0
/* operations::RequestCancel (server/operations/heartbeat.cc)
 * Skips a row that is locked, because its outcome has been written. */
proctype Canceller(byte id) {
end_canceller:
  d_step {
    cancels > 0 && row[id] == running && id_lock[id] != NOBODY && row_lock[id] == NOBODY ->
    cancels--;
    cancel_of[id] = attempt[id];
    if
    :: finished[attempt[id]] || committed[attempt[id]] -> late_cancel = true
    :: else
    fi
  }
}

/* operations::WriteHeartbeats (server/operations/heartbeat.cc)
 * The server of a call notices the request, which concerns the attempt that ran when it was made. */
proctype Heartbeat(byte c) {
end_heartbeat:
  d_step {
    serving[c] && row[id_of[c]] == running && row_lock[id_of[c]] == NOBODY &&
      cancel_of[id_of[c]] != NOBODY && cancel_of[id_of[c]] == attempt[id_of[c]] ->
    cancelled[c] = true
  }
}
#endif

init {
  byte c;
  atomic {
    for (c : 1 .. CALLS) {
      run Backend(c);
      run Call(c);
#if CANCELS > 0
      run Heartbeat(c)
#endif
    }
    for (c : 0 .. OPERATIONS - 1) {
      run Client(c)
    }
#if CANCELS > 0
    run Canceller(0);
#endif
    run PowerCut();
    c = 0
  }
}

/* --- claims: docs/transactions.md -------------------------------------------------------------------------------- */

#if OPERATIONS == 1
#define ALL_EFFECTS effects[0]
#define AGREES (row[0] == succeeded) == (effects[0] > 0)
#define AT_MOST_ONE (effects[0] <= 1)
#define NO_LOCK (id_lock[0] == NOBODY && row_lock[0] == NOBODY && state_lock == NOBODY)
#else
#define ALL_EFFECTS effects[0] + effects[1]
#define AGREES (row[0] == succeeded) == (effects[0] > 0) && (row[1] == succeeded) == (effects[1] > 0)
#define AT_MOST_ONE (effects[0] <= 1 && effects[1] <= 1)
#define NO_LOCK (id_lock[0] == NOBODY && row_lock[0] == NOBODY && id_lock[1] == NOBODY && row_lock[1] == NOBODY && \
                 state_lock == NOBODY)
#endif
#define ENDING(c) (lost[c] && backend[c] != gone)
#define DISTURBED(c) (holds_row[c] && id_lock[id_of[c]] == c && attempt[id_of[c]] == c && row[id_of[c]] == failed)
#if CALLS == 2
#define ANY(of) (of(1) || of(2))
#elif CALLS == 3
#define ANY(of) (of(1) || of(2) || of(3))
#else
#define ANY(of) (of(1) || of(2) || of(3) || of(4))
#endif
#define OVER (clients_done == OPERATIONS && calls_open == 0 && !ANY(ENDING))

/* The change, its restore point and its success exist together or not at all. */
ltl together { [] (AGREES && points == ALL_EFFECTS && events == ALL_EFFECTS) }
/* A retry does not run twice. */
ltl at_most_one_effect { [] AT_MOST_ONE }
/* `succeeded` is answered only after the commit. */
ltl success_is_committed { [] !early_success }
/* A change that was answered with a failure never takes effect. */
ltl failure_changes_nothing { [] !lied }
/* A call with an existing id returns the result of the first call. */
ltl replay_returns_the_first_result { [] !other_result }
/* No change is lost, and a restore point is the state just before its change. */
ltl no_change_is_overwritten { [] !overwritten }
/* Once everything has ended, no lock is left: what did not end is abandoned. */
ltl every_lock_ends { [] (OVER -> NO_LOCK) }
/* An attempt that runs is only ended by itself. */
ltl only_its_attempt_ends_an_operation { [] !ANY(DISTURBED) }
/* Cancelling is refused once the outcome has been written. */
ltl no_cancel_after_the_outcome { [] !late_cancel }

/* What the model can do, so that the claims above say something: SPIN must find each of these violated. */
#ifdef REACHES
ltl reaches_a_replay { [] !replayed }
ltl reaches_a_lost_commit_that_took_effect { [] !settled_success }
ltl reaches_a_lost_commit_without_effect { [] !settled_failure }
ltl reaches_an_abandoned_operation { [] !was_abandoned }
ltl reaches_a_second_call_while_the_first_runs { [] !was_refused_running }
ltl reaches_a_cancelled_call { [] !was_cancelled }
#endif
