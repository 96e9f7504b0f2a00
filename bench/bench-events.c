/* bench-events.c - how fast event files are written and log directories loaded.
 *
 *     make bench-events && ./bench-events [LOGDIR [THREADS]]
 *
 * Without LOGDIR it makes the log that peers are measured on: five runs, one of 200,000 events of one scalar, four
 * of 20,000 events of 20; 1.8 million points, 30 MB. */
#include "events/reader-private.h"
#include "leat/events.h"
#include "proto/wire-private.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void write_many_tags(const char *dir)
{
    leat_event_writer *w;
    leat_buf summary = {0};
    leat_must(leat_event_writer_open(&w, dir, NULL));
    for (int step = 0; step < 20000; step++) {
        leat_buf_clear(&summary);
        for (int tag = 0; tag < 20; tag++) {
            char name[8];
            snprintf(name, sizeof name, "t%d", tag);
            size_t value = leat_put_begin(&summary, 1);
            leat_put_string(&summary, 1, name);
            leat_put_float(&summary, 2, (float)exp(-step / 5000.0) + 0.1f * (float)(rand() % 1000));
            leat_put_end(&summary, value);
        }
        leat_must(leat_event_writer_add_summary_bytes(w, summary.data, summary.size, step));
    }
    leat_must(leat_event_writer_close(w));
    leat_buf_free(&summary);
}

static const char *make_log(void)
{
    static char dir[] = "/tmp/leat-bench-XXXXXX";
    char path[64];
    leat_event_writer *w;
    if (mkdtemp(dir) == NULL)
        exit(1);
    snprintf(path, sizeof path, "%s/big", dir);
    leat_must(leat_event_writer_open(&w, path, NULL));
    double start = leat_now(), cpu = cpu_seconds();
    for (int i = 0; i < 200000; i++)
        leat_must(leat_add_scalar(w, "loss", 1.0 / (i + 1), i));
    leat_must(leat_event_writer_close(w));
    printf("write 200000 scalars: %.2f M/s of wall time, %.2f M/s of one core\n", 0.2 / (leat_now() - start),
           0.2 / (cpu_seconds() - cpu));
    for (int run = 0; run < 4; run++) {
        snprintf(path, sizeof path, "%s/run%d", dir, run);
        write_many_tags(path);
    }
    printf("log: %s (to be removed by hand)\n", dir);
    return dir;
}

int main(int argc, char **argv)
{
    const char *dir = argc > 1 ? argv[1] : make_log();
    leat_logdir_options options = {.threads = argc > 2 ? (unsigned)atoi(argv[2]) : 0};
    double best = 1e9, best_cpu = 1e9;
    uint64_t points = 0, bytes = 0;
    for (int i = 0; i < 15; i++) {
        leat_logdir *log;
        double start = leat_now(), cpu = cpu_seconds();
        leat_must(leat_logdir_open(&log, dir, &options));
        best = fmin(best, leat_now() - start);
        best_cpu = fmin(best_cpu, cpu_seconds() - cpu);
        points = bytes = 0;
        for (size_t r = 0; r < leat_logdir_runs(log); r++) {
            const leat_log_run *run = leat_logdir_run(log, r);
            points += run->n_points;
            for (size_t f = 0; f < run->n_files; f++)
                bytes += run->files[f].size;
        }
        leat_logdir_close(log);
    }
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    printf("load %.1f MB, %llu points: %.1f ms (%.1f ms of CPU), %.0f MB/s, peak %ld MiB\n",
           (double)bytes * 1e-6, (unsigned long long)points, best * 1e3, best_cpu * 1e3,
           (double)bytes * 1e-6 / best, u.ru_maxrss / 1024);
    return 0;
}
