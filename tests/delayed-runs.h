/* delayed-runs.h - runs on several threads, forced apart: random delays before nodes, so that they meet in every order. */
#ifndef LEAT_DELAYED_RUNS_H
#define LEAT_DELAYED_RUNS_H

#include "engine/session/session-private.h"

static const int delayed_threads[] = {1, 2, 3, 4, 7};

/* As leat_run of the signature; one node after the other where threads is 1. */
leat_status delayed_run(leat_session *s, int threads, const leat_signature *signature,
                        leat_tensor *const *feeds, leat_tensor **fetches);

#endif
