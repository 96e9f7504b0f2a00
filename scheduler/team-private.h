/* team-private.h - one run of a pool: the threads themselves. team.c has the OpenMP and the pthread build. */
#ifndef LEAT_TEAM_PRIVATE_H
#define LEAT_TEAM_PRIVATE_H

#include <sys/types.h>
#include "pool-private.h"

typedef struct leat_team_job {
    leat_pool_fn *fn;
    void *arg;
    uint32_t n; /* threads wanted; once they run: threads there are */
} leat_team_job;

/* Whether the calling thread can run a team in process `pid`: not where its team was left behind in the parent. */
bool leat_team_usable(pid_t pid);

/* Runs the job on its n > 1 threads, the caller among them. LEAT_OK, or LEAT_ERR_NO_MEMORY before anything ran. */
leat_status leat_team_run(leat_team_job *job, pid_t pid) LEAT_MUST_CHECK;

#endif
