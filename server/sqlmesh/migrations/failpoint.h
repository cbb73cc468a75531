// SPDX-License-Identifier: Apache-2.0
//
// A failpoint inside the working session's transaction. "terminate_backend" ends the session's own
// backend.
#pragma once

#include "common/failpoint.h"

#define MIGRATION_FAILPOINT(name, session) \
  FAILPOINT_BACKEND(                       \
      name, [&] { (void)(session).Query("SELECT pg_terminate_backend(pg_backend_pid())"); })
