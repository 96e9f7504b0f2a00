/* cpus-private.h - how many CPUs this process may use. */
#ifndef LEAT_CPUS_PRIVATE_H
#define LEAT_CPUS_PRIVATE_H

#include "base/base-private.h"

/* None of these allocates. */

/* CPUs in the calling thread's affinity mask; at least 1. */
uint32_t leat_cpu_affinity(void);

/* The tightest CPU quota of the cgroups named in `proc_cgroup` (/proc/self/cgroup) and their ancestors, versions 1 and 2,
 * in CPUs, rounded up; UINT32_MAX if there is none. What cannot be read sets no limit. `sysfs` is /sys/fs/cgroup. */
uint32_t leat_cpu_quota(const char *proc_cgroup, const char *sysfs);

/* CPUs this process may use: the smaller of the two; at least 1. */
uint32_t leat_cpu_count(void) LEAT_PRIV(cpu_count);

#endif
