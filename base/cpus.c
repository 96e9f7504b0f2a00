#include "config.h"
#include "cpus-private.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "file-private.h"

#define MOST 65536 /* CPUs of a machine */
#define MOST_OF_QUOTA 1024

uint32_t leat_cpu_affinity(void)
{
    /* The kernel refuses a mask smaller than its own (EINVAL): room for 65,536 CPUs. */
    unsigned long words[MOST / 8 / sizeof(unsigned long)];
    memset(words, 0, sizeof words);
    cpu_set_t *set = (cpu_set_t *)(void *)words;
    int n = sched_getaffinity(0, sizeof words, set) == 0 ? CPU_COUNT_S(sizeof words, set) : 0;
    return n > 0 ? (uint32_t)n : 1;
}

static uint32_t cpus_of(double quota, double period)
{
    if (quota <= 0 || period <= 0)
        return UINT32_MAX;
    double cpus = quota / period;
    if (cpus > MOST_OF_QUOTA)
        return MOST_OF_QUOTA;
    uint32_t whole = (uint32_t)cpus;
    return whole < cpus || whole == 0 ? whole + 1 : whole;
}

/* The quota of one group: version 2's cpu.max is "max 100000" or "150000 100000"; version 1 has two files. */
static uint32_t group_quota(const char *group, bool v2)
{
    char path[4200], text[128], period_text[128];
    snprintf(path, sizeof path, "%s/%s", group, v2 ? "cpu.max" : "cpu.cfs_quota_us");
    if (!leat_file_read_small(path, text, sizeof text))
        return UINT32_MAX;
    if (v2) {
        char *end;
        double quota = strtod(text, &end);
        return end == text ? UINT32_MAX : cpus_of(quota, strtod(end, NULL));
    }
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", group);
    if (!leat_file_read_small(path, period_text, sizeof period_text))
        return UINT32_MAX;
    return cpus_of(strtod(text, NULL), strtod(period_text, NULL));
}

/* The group and all above it: each may set a limit. In a container the path may lead outside of what is mounted; then only
 * the root is there, which is the container's own group. */
static uint32_t path_quota(const char *mount, const char *group, bool v2)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s%s", mount, group);
    size_t root = strlen(mount);
    uint32_t least = UINT32_MAX;
    if (n < 0 || (size_t)n >= sizeof path)
        return least;
    for (;;) {
        uint32_t quota = group_quota(path, v2);
        least = LEAT_MIN(least, quota);
        char *slash = strrchr(path, '/');
        if (strlen(path) <= root || slash == NULL || (size_t)(slash - path) < root)
            return least;
        *slash = '\0';
    }
}

/* A line is "4:cpu,cpuacct:/group" in version 1, "0::/group" in version 2. */
static bool names_cpu(const char *controllers, size_t n)
{
    for (size_t i = 0; i + 3 <= n; i++)
        if (memcmp(controllers + i, "cpu", 3) == 0 && (i == 0 || controllers[i - 1] == ',') &&
            (i + 3 == n || controllers[i + 3] == ','))
            return true;
    return false;
}

uint32_t leat_cpu_quota(const char *proc_cgroup, const char *sysfs)
{
    char text[4096], mount[4096], *rest = NULL;
    uint32_t least = UINT32_MAX;
    if (!leat_file_read_small(proc_cgroup, text, sizeof text))
        return least;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        char *controllers = strchr(line, ':');
        char *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (group == NULL || group[1] != '/')
            continue;
        controllers++;
        bool v2 = controllers == group;
        if (!v2 && !names_cpu(controllers, (size_t)(group - controllers)))
            continue;
        int n = snprintf(mount, sizeof mount, "%s%s", sysfs, v2 ? "" : "/cpu");
        if (n < 0 || (size_t)n >= sizeof mount)
            continue;
        uint32_t quota = path_quota(mount, group + 1, v2);
        least = LEAT_MIN(least, quota);
    }
    return least;
}

uint32_t leat_cpu_count(void)
{
    uint32_t cpus = leat_cpu_affinity(), quota = leat_cpu_quota("/proc/self/cgroup", "/sys/fs/cgroup");
    return LEAT_MIN(LEAT_MIN(cpus, quota), MOST);
}
