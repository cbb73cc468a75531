/* SPDX-License-Identifier: Apache-2.0
 *
 * A StarRocks revision of two statements: its journal in PostgreSQL, the lock with its fencing token, and an engine
 * without transactions, where a statement may take effect late, also for a client that is gone. Two servers run the
 * revision, at any time and at the same time; when both have ended, a third one runs it undisturbed: the next upgrade.
 * scripts/check-models verifies the claims at the end.
 *
 * Every action names the function that it stands for; actions of the environment say so. A statement of PostgreSQL is
 * one step. What the model leaves out: jobs, which the engine numbers; compensation; the rejection of a statement for
 * another reason than that it has been executed; changes by others; two statements that change one object to and fro.
 */

#ifndef FAULTS
#define FAULTS 2 /* killed servers, lost connections, expired leases, failed writes of the journal */
#endif

#define STATEMENTS 2
#define LAST 3    /* the server of the next upgrade */
#define SERVERS 4 /* and nobody, 0 */
#define SENDINGS 4
#define LABELS 8                           /* and none, 0 */
#define LABEL(s, n) ((n - 1) * SERVERS + s) /* LabelOf in server/starrocks/revisions/run/step_runner.cc */

mtype = { ddl, labelled, plain };             /* kinds: by digest, INSERT WITH LABEL, UPDATE or DELETE */
mtype = { none, intended, done, failed };     /* of an entry */
mtype = { unused, flying, at_work, accepted, rejected }; /* of a statement on its way */
mtype = { is_done, not_done, is_running, is_unknown };   /* verdicts */

mtype kind[STATEMENTS + 1];

/* PostgreSQL: stateserver.revision_locks, and whether the lease has expired. */
byte token;
byte holder;
bool expired;

/* PostgreSQL: stateserver.revision_statements and revision_runs. */
mtype entry[STATEMENTS + 1] = none;
byte label_of[STATEMENTS + 1];    /* 0: none */
bool changed_before[STATEMENTS + 1]; /* the object's digest before the statement */
bool run_done;

/* The engine. */
bool changed[STATEMENTS + 1];     /* the object of a ddl is as the revision predicted */
bool loading[LABELS];             /* by label */
bool loaded[LABELS];
byte effects[STATEMENTS + 1];
mtype phase[SENDINGS] = unused;
byte statement[SENDINGS];
byte label[SENDINGS];
byte owner[SENDINGS];             /* the server that waits for its answer; 0: nobody */

/* Servers. */
bool killed[SERVERS];
bool ended[SERVERS];
byte faults = FAULTS;

/* What has happened, for the claims. */
bool unrecorded;      /* a statement was sent without an intent */
bool sent_fenced;     /* a server sent a statement although its lock was gone when it looked last */
bool stale_write;     /* the journal was written with an old token */
byte late[SERVERS];   /* statements that a server sent after another one had taken the lock */
bool reported;        /* the last run stopped and reported a statement whose outcome is unknown */

/* Only with -DREACHES: the flags of the claims at the very end. */
#ifdef REACHES
bool took_over, sent_again, waited, resumed_done, refused_write, arrived_late;
#define REACHED(flag) flag = true
#else
#define REACHED(flag) skip
#endif

/* --- the environment: StarRocks ---------------------------------------------------------------------------------- */

/* environment: a statement reaches the engine, or never does, and takes effect, sooner or later */
proctype Engine(byte k) {
end_engine:
  do
  :: d_step { phase[k] == flying ->
       if
       :: kind[statement[k]] == ddl && changed[statement[k]] -> phase[k] = rejected
       :: kind[statement[k]] == labelled && (loading[label[k]] || loaded[label[k]]) -> phase[k] = rejected
       :: else ->
          phase[k] = at_work;
          if
          :: kind[statement[k]] == labelled -> loading[label[k]] = true
          :: else
          fi
       fi }
  :: d_step { phase[k] == flying && owner[k] == 0 -> phase[k] = unused; statement[k] = 0; label[k] = 0 }
  :: d_step { phase[k] == at_work ->
       if
       :: kind[statement[k]] == ddl && changed[statement[k]] -> phase[k] = rejected
       :: else ->
          phase[k] = accepted;
          effects[statement[k]]++;
          changed[statement[k]] = true;
          if
          :: kind[statement[k]] == labelled -> loading[label[k]] = false; loaded[label[k]] = true
          :: else
          fi
       fi }
  :: d_step { owner[k] == 0 && (phase[k] == accepted || phase[k] == rejected) ->
       phase[k] = unused; statement[k] = 0; label[k] = 0 }
  /* The connection is lost. */
  :: d_step { faults > 0 && phase[k] != unused && owner[k] != 0 -> faults--; owner[k] = 0 }
  od
}

/* environment: a server is killed, or stands still for longer than its lease */
proctype Faults() {
end_faults:
  do
  :: d_step { faults > 0 && !killed[1] && !ended[1] -> faults--; killed[1] = true }
  :: d_step { faults > 0 && !killed[2] && !ended[2] -> faults--; killed[2] = true }
  :: d_step { faults > 0 && holder != 0 && holder != LAST && !expired -> faults--; expired = true }
  /* The lease of a dead server ends by itself. */
  :: d_step { holder != 0 && killed[holder] && !expired -> expired = true }
  od
}

/* --- the server: server/starrocks/revisions ----------------------------------------------------------------------- */

#define HELD (mine == token && !expired)

/* revisions::WarehouseLock::Acquire (server/starrocks/revisions/warehouse_lock.cc) */
inline Acquire(s) {
  d_step {
    holder == 0 || expired ->
    if
    :: holder != 0 -> REACHED(took_over)
    :: else
    fi;
    token++;
    mine = token;
    holder = s;
    expired = false
  }
}

/* revisions::WarehouseLock::Renew (server/starrocks/revisions/warehouse_lock.cc)
 * A lease that has expired is renewed as long as nobody has taken the lock. */
inline Renew(s) {
  d_step { mine == token && expired && holder == s -> expired = false }
}

/* revisions::WarehouseLock::~WarehouseLock (server/starrocks/revisions/warehouse_lock.cc) */
inline Release(s) {
  d_step {
    if
    :: mine == token -> holder = 0; expired = false
    :: else
    fi
  }
}

/* revisions::ReadState (server/starrocks/revisions/journal.cc) */
inline ReadState() {
  d_step {
    for (i : 1 .. STATEMENTS) {
      seen[i] = entry[i];
      seen_label[i] = label_of[i];
      seen_before[i] = changed_before[i]
    }
    i = 1
  }
}

/* revisions::JournalWriter::WriteIn (server/starrocks/revisions/journal_writer.cc)
 * Writes only with the newest token. */
#ifdef MUTATION_NO_FENCE
#define MAY_WRITE true
#else
#define MAY_WRITE (mine == token)
#endif
inline SetEntry(n, what) {
  d_step {
    if
    :: MAY_WRITE ->
       ok = true;
       entry[n] = what;
       label_of[n] = seen_label[n];
       changed_before[n] = seen_before[n];
       if
       :: mine != token -> stale_write = true
       :: else
       fi
    :: else -> ok = false; REACHED(refused_write)
    fi
  }
}

/* revisions::JournalWriter::Write (server/starrocks/revisions/journal_writer.cc)
 * A write may fail, and may have taken effect all the same. */
inline Write(s, n, what) {
  if
  :: SetEntry(n, what)
  :: d_step { faults > 0 && s != LAST -> faults--; ok = false }
  :: d_step { faults > 0 && s != LAST -> faults-- }; SetEntry(n, what); ok = false
  fi
}

/* revisions::DecideOutcome (server/starrocks/revisions/run/outcome.cc) */
inline Decide(n) {
  d_step {
    if
    :: kind[n] == plain -> verdict = is_unknown
    :: kind[n] == labelled && loaded[seen_label[n]] -> verdict = is_done
    :: kind[n] == labelled && loading[seen_label[n]] -> verdict = is_running
    :: kind[n] == ddl && changed[n] && !seen_before[n] -> verdict = is_done
    :: else -> verdict = not_done
    fi
  }
}

/* revisions::Warehouse::IsAtWorkOn (server/starrocks/revisions/run/warehouse.cc) */
#define WORKS(k, n) (phase[k] == at_work && statement[k] == n && label[k] == seen_label[n])
inline IsAtWorkOn(n) {
  d_step {
    if
    :: (verdict == not_done || verdict == is_unknown) &&
         (WORKS(0, n) || WORKS(1, n) || WORKS(2, n) || WORKS(3, n)) -> verdict = is_running
    :: else
    fi
  }
}

/* revisions::QueryOutcome (server/starrocks/revisions/run/step_runner.cc)
 * First the evidence, as revisions::DecideOutcome judges it, then the list of processes. */
inline QueryOutcome(n) {
  Decide(n);
  IsAtWorkOn(n)
}

/* revisions::Warehouse::Execute (server/starrocks/revisions/run/warehouse.cc) */
inline Execute(s, n) {
  d_step {
    k = 0;
    do
    :: k < SENDINGS && phase[k] != unused -> k++
    :: else -> break
    od;
    assert(k < SENDINGS);
    phase[k] = flying;
    statement[k] = n;
    label[k] = seen_label[n];
    owner[k] = s;
    if
    :: entry[n] == none -> unrecorded = true
    :: else
    fi;
    if
    :: !may_send -> sent_fenced = true
    :: else
    fi;
    if
    :: mine != token -> late[s]++
    :: else
    fi
  }
}

/* environment: the answer has come; the connection can carry the next statement */
inline TakeAnswer() {
  phase[k] = unused;
  owner[k] = 0;
  statement[k] = 0;
  label[k] = 0
}

/* revisions::StepRunner::Send (server/starrocks/revisions/run/step_runner.cc)
 * Its look at the lock. The server may stand still between this and the statement. */
inline CheckBeforeSending() {
  may_send = HELD;
#ifndef MUTATION_NO_CHECK
  if
  :: !may_send -> goto stops
  :: may_send
  fi
#endif
}

/* revisions::StepRunner::CheckMayContinue (server/starrocks/revisions/run/step_runner.cc) */
inline CheckMayContinue(s) {
  if
  :: HELD
  :: !HELD -> goto stops
  :: Renew(s)
  fi
}

/* revisions::RunRevisions (server/starrocks/revisions/run/revision_run.cc) */
proctype Server(byte s) {
  mtype seen[STATEMENTS + 1], verdict;
  byte seen_label[STATEMENTS + 1];
  bool seen_before[STATEMENTS + 1];
  byte mine, i, k;
  bool ok, may_send, look_again;

  /* The next upgrade begins when nothing is on its way any more. */
  if
  :: s != LAST
  :: s == LAST && (ended[1] || killed[1]) && (ended[2] || killed[2]) && phase[0] == unused && phase[1] == unused &&
       phase[2] == unused && phase[3] == unused -> faults = 0
  fi;
  {
    Acquire(s);
    ReadState();
    if
    :: run_done -> goto ends
    :: else
    fi;

    do
    :: i > STATEMENTS -> break
    :: else ->
       CheckMayContinue(s);
       /* revisions::StepRunner::Visit (server/starrocks/revisions/run/step_runner.cc) */
       if
       :: seen[i] == done -> goto advances
       :: seen[i] == none || seen[i] == failed -> goto starts
       :: seen[i] == intended
       fi;

resumes:
       /* revisions::StepRunner::Resume (server/starrocks/revisions/run/step_runner.cc) */
       skip;
       QueryOutcome(i);
       if
       :: verdict == is_done -> REACHED(resumed_done); goto records
       :: verdict == is_running -> REACHED(waited); CheckMayContinue(s); goto resumes
       :: verdict == is_unknown ->
          if
          :: s == LAST -> reported = true
          :: else
          fi;
          goto stops
       :: verdict == not_done -> REACHED(sent_again)
       fi;

starts:
       /* revisions::StepRunner::Start (server/starrocks/revisions/run/step_runner.cc) */
       skip; /* no jump into a d_step */
       d_step {
         look_again = (seen[i] == intended && kind[i] == ddl && changed[i] != seen_before[i]);
#ifdef MUTATION_TRUST_THE_FIRST_LOOK
         look_again = false;
#endif
         if
         :: look_again
         :: else ->
            seen_before[i] = (kind[i] == ddl && changed[i]);
            seen[i] = intended;
            if
            :: kind[i] == labelled && seen_label[i] == 0 -> seen_label[i] = LABEL(s, i)
            :: else
            fi
         fi
       };
       if
       :: look_again -> goto resumes /* an earlier sending has changed the object meanwhile */
       :: else
       fi;
#ifndef MUTATION_NO_INTENT
       /* revisions::JournalWriter::Intend (server/starrocks/revisions/journal_writer.cc) */
       Write(s, i, intended);
       if
       :: !ok -> goto stops
       :: ok
       fi;
#endif
       CheckBeforeSending();
       Execute(s, i);
       if
       :: d_step { owner[k] == s && phase[k] == accepted -> TakeAnswer() }
       :: d_step { owner[k] == s && phase[k] == rejected -> TakeAnswer() }; goto was_rejected
       :: owner[k] != s -> goto resumes /* StepRunner::AfterLoss */
       fi;

records:
#ifdef MUTATION_NO_INTENT
       Write(s, i, intended);
#endif
       /* revisions::StepRunner::Done (server/starrocks/revisions/run/step_runner.cc) */
       Write(s, i, done);
       if
       :: !ok -> goto stops
       :: ok -> goto advances
       fi;

was_rejected:
#ifndef MUTATION_BELIEVE_REJECTION
       /* revisions::StepRunner::Rejected (server/starrocks/revisions/run/step_runner.cc)
        * Another sending of the statement may have arrived late. */
       QueryOutcome(i);
       if
       :: verdict == is_done -> REACHED(arrived_late); goto records
       :: verdict == is_running -> CheckMayContinue(s); goto was_rejected
       :: else
       fi;
#endif
       /* revisions::StepRunner::Refused (server/starrocks/revisions/run/step_runner.cc) */
       Write(s, i, failed);
       goto stops;

advances:
       i++
    od;
    skip; /* no jump into a d_step */

    /* revisions::JournalWriter::Finish (server/starrocks/revisions/journal_writer.cc) */
    d_step {
      if
      :: MAY_WRITE -> run_done = true
      :: else
      fi
    };
stops:
    skip;
ends:
    Release(s)
  } unless { killed[s] };
  d_step {
    ended[s] = true;
    /* The connection ends with the server. */
    for (k : 0 .. SENDINGS - 1) {
      if
      :: owner[k] == s -> owner[k] = 0
      :: else
      fi
    }
    k = 0
  }
}

init {
  atomic {
    if
    :: kind[1] = ddl
    :: kind[1] = labelled
    :: kind[1] = plain
    fi;
    if
    :: kind[2] = ddl
    :: kind[2] = labelled
    :: kind[2] = plain
    fi;
    run Engine(0);
    run Engine(1);
    run Engine(2);
    run Engine(3);
    run Faults();
    run Server(1);
    run Server(2);
    run Server(LAST)
  }
}

/* --- claims: docs/transactions.md, docs/starrocks.md --------------------------------------------------------------- */

/* Each statement is executed once. */
ltl at_most_one_effect { [] (effects[1] <= 1 && effects[2] <= 1) }
/* The journal records each statement before it is sent. */
ltl intent_before_statement { [] !unrecorded }
/* A statement that is recorded as done has been executed. */
ltl done_means_executed { [] !((entry[1] == done && effects[1] == 0) || (entry[2] == done && effects[2] == 0)) }
/* A statement that is recorded as failed has not been executed. */
ltl failed_means_not_executed { [] !((entry[1] == failed && effects[1] > 0) || (entry[2] == failed && effects[2] > 0)) }
/* A server that finds its lock gone sends nothing. */
ltl fenced_server_sends_nothing { [] !sent_fenced }
/* If the lock is taken after that look, it is one statement. */
ltl at_most_one_late_statement { [] (late[1] <= 1 && late[2] <= 1) }
/* The journal is written with the newest token only. */
ltl journal_is_fenced { [] !stale_write }
/* The next upgrade completes the revision, or reports a statement whose outcome is unknown. */
ltl next_upgrade_finishes { [] !(ended[3] && !run_done && !reported) }
/* Then the lock is free. */
ltl every_lock_ends { [] !(ended[3] && holder != 0) }

/* What the model can do, so that the claims above say something: SPIN must find each of these violated. */
#ifdef REACHES
ltl reaches_a_lock_taken_from_another_server { [] !took_over }
ltl reaches_a_write_that_the_fence_refuses { [] !refused_write }
ltl reaches_a_statement_sent_after_the_lock_was_taken { [] (late[1] == 0) }
ltl reaches_a_statement_sent_again { [] !sent_again }
ltl reaches_a_statement_that_the_engine_still_executes { [] !waited }
ltl reaches_a_statement_found_done { [] !resumed_done }
ltl reaches_a_statement_that_arrives_late { [] !arrived_late }
ltl reaches_an_unknown_outcome { [] !reported }
#endif
