/* bench-report.c - how long plots and reports of a long log take, and how much memory. bench-report [TAGS [POINTS]]:
 * writes 5 runs of TAGS tags with POINTS points in all below a temporary directory, and prints a line for each picture and
 * report. Times are of the whole, reading included; each in a process of its own. */
#include "config.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/base-private.h"
#include "leat/events.h"
#include "leat/viz.h"

#define RUNS 5

static void write_run(const char *dir, int tags, int steps)
{
    leat_event_writer *w;
    uint32_t noise = 1;
    leat_must(leat_event_writer_open(&w, dir, NULL));
    for (int i = 0; i < steps; i++)
        for (int t = 0; t < tags; t++) {
            char tag[32];
            noise = noise * 1664525u + 1013904223u;
            snprintf(tag, sizeof tag, "group%d/tag%d", t % 3, t);
            leat_must(leat_add_scalar(w, tag, exp(-3.0 * i / steps) + 0.3 * noise / 4294967296.0, i));
        }
    leat_must(leat_event_writer_close(w));
}

static void measure(const char *log, const char *out)
{
    struct rusage use;
    int state;
    double start = leat_now();
    pid_t child = fork();
    if (child == 0) {
        const char *dot = strrchr(out, '.');
        bool plot = dot && (strcmp(dot, ".png") == 0 || strcmp(dot, ".svg") == 0);
        leat_must(plot ? leat_plot_log(out, &log, 1, LEAT_PLOT_RESTARTS_START, NULL)
                       : leat_report_log(out, &log, 1, LEAT_PLOT_RESTARTS_START, NULL));
        _exit(0);
    }
    if (child < 0 || wait4(child, &state, 0, &use) < 0 || state != 0) {
        printf("%s failed\n", out);
        return;
    }
    printf("%-28s %6.2f s  %6.2f s of processor  %5ld MB\n", strrchr(out, '/') + 1, leat_now() - start,
           (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
               1e-6 * (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec),
           use.ru_maxrss >> 10);
}

int main(int argc, char **argv)
{
    static const char *const outputs[] = {"plot.png", "plot.svg", "report", "report.html", "report.pdf"};
    int tags = argc > 1 ? atoi(argv[1]) : 10, points = argc > 2 ? atoi(argv[2]) : 1800000;
    char dir[] = "/tmp/leat-bench-XXXXXX", path[128], log[64];
    if (tags < 1 || points < RUNS * tags || mkdtemp(dir) == NULL) {
        fprintf(stderr, "bench-report [TAGS [POINTS]]\n");
        return 2;
    }
    snprintf(log, sizeof log, "%s/log", dir);
    for (int run = 0; run < RUNS; run++) {
        snprintf(path, sizeof path, "%s/run%d", log, run);
        write_run(path, tags, points / RUNS / tags);
    }
    for (size_t i = 0; i < LEAT_LEN(outputs); i++) {
        snprintf(path, sizeof path, "%s/%s", dir, outputs[i]);
        measure(log, path);
    }
    snprintf(path, sizeof path, "rm -rf %s", dir);
    return system(path) == 0 ? 0 : 1;
}
