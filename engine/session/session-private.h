/* session-private.h - the session's insides, for engine/. */
#ifndef LEAT_SESSION_PRIVATE_H
#define LEAT_SESSION_PRIVATE_H

#include <pthread.h>
#include "engine/plan-private.h"
#include "leat/session.h"

typedef struct leat_prepared {
    struct leat_prepared *next;
    uint64_t hash;
    leat_signature signature; /* arrays owned */
    leat_plan *plan;
} leat_prepared;

struct leat_session {
    leat_graph *graph;
    leat_state *state;
    leat_pool *pool;
    leat_plan_options plan_options;
    pthread_rwlock_t run_lock; /* read: a run that only reads variables; write: one that changes anything */
    pthread_mutex_t plan_lock; /* guards `prepared` and the making of plans */
    leat_prepared *prepared;
    _Atomic uint32_t cancel; /* counts leat_cancel calls */
};

/* The plan of a signature: made once. */
leat_status leat_session_plan(leat_session *s, const leat_signature *signature,
                              leat_prepared **prepared) LEAT_MUST_CHECK;
/* The value of a session's variable: a new reference, NULL where it has none yet. */
leat_status leat_session_get_variable(leat_session *s, const leat_op *variable,
                                      leat_tensor **value) LEAT_MUST_CHECK;

/* For tests: forces the way of running (leat_plan_run.mode) and hooks in before each node. */
typedef struct leat_run_hooks {
    int mode;
    void (*before_node)(void *arg, uint32_t node, uint32_t worker);
    void *arg;
} leat_run_hooks;
leat_status leat_session_execute_hooked(leat_session *s, leat_prepared *prepared,
                                        const leat_run_options *options, const leat_run_hooks *hooks,
                                        leat_tensor *const *feeds, leat_tensor **fetches) LEAT_MUST_CHECK;

#endif
