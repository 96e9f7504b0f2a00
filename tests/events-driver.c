/* The writer and reader of event files as a program, for scripts that compare with TensorBoard:
 *     events-driver write LOGDIR        a log with something of everything, the same each time but for wall times
 *     events-driver list LOGDIR         the JSON listing
 *     events-driver csv LOGDIR          the exports
 *     events-driver json LOGDIR */
#include "config.h"
#include "events/export-private.h"
#include "leat/events.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the script computes too: exact in both. */
static double histogram_value(int i)
{
    static const double scales[] = {1e-14, 1e-6, 0.001, 1, 1000, 1e9, 1e21};
    return ((i * 7919) % 1000 - 500) / 37.0 * scales[i % 7];
}

static leat_status write_histograms(leat_event_writer *w)
{
    double values[500];
    float floats[500];
    for (int i = 0; i < 500; i++) {
        values[i] = histogram_value(i);
        floats[i] = (float)values[i];
    }
    LEAT_TRY(leat_add_histogram(w, "histograms/f64", values, 500, 3));
    LEAT_TRY(leat_add_histogram_f32(w, "histograms/f32", floats, 500, 3));
    LEAT_TRY(leat_add_histogram(w, "histograms/one", values, 1, 3));
    LEAT_TRY(leat_add_histogram(w, "histograms/empty", NULL, 0, 3));
    const double limits[] = {-1, 0, 0.5, 2}, counts[] = {0, 4, 2, 1};
    return leat_add_histogram_buckets(w, "histograms/buckets", limits, counts, 4, -0.75, 1.5, 3);
}

static leat_status write_run(leat_event_writer *w)
{
    static const double odd[] = {NAN, INFINITY, -INFINITY, 0, -0.0, 1e-45, 3.4028234663852886e38, 0.1, 1e300};
    for (int64_t step = 0; step < 1000; step++) {
        LEAT_TRY(leat_add_scalar(w, "loss/train", exp(-(double)step / 100), step * step * step));
        LEAT_TRY(leat_add_scalar_f64(w, "precise", 1.0 / (double)(step + 3), step));
    }
    for (size_t i = 0; i < LEAT_LEN(odd); i++) {
        LEAT_TRY(leat_add_scalar(w, "odd \xe6\x8d\x9f\xe5\xa4\xb1 \xf0\x9f\x98\x80", odd[i], (int64_t)i));
        LEAT_TRY(leat_add_scalar_f64(w, "odd64", odd[i], (int64_t)i - 4));
    }
    LEAT_TRY(leat_add_scalar(w, "=1+1", 2, INT64_MAX));
    LEAT_TRY(write_histograms(w));
    uint8_t pixels[4 * 5 * 3];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 4);
    for (size_t channels = 1; channels <= 4; channels++)
        LEAT_TRY(leat_add_image(w, "image", pixels, 3, 5, channels, (int64_t)channels));
    LEAT_TRY(leat_add_text(w, "note", "**bold** caf\xc3\xa9\n</script>", 7));
    static const char graph[] = "\x0a\x0c\x0a\x01x\x12\x07NoOp123";
    LEAT_TRY(leat_event_writer_add_graph_bytes(w, graph, 14));
    /* RunMetadata: step_stats with one device of one node. */
    static const char metadata[] = "\x0a\x11\x0a\x0f\x0a\x06/cpu:0\x12\x05\x0a\x03nod";
    return leat_event_writer_add_run_metadata_bytes(w, "step 7", metadata, 19, 7);
}

static leat_status write_log(const char *dir)
{
    leat_event_writer *w;
    leat_event_writer_options o = {.size = sizeof o, .session_start = 1};
    char run[4096];
    snprintf(run, sizeof run, "%s/run", dir);
    LEAT_TRY(leat_event_writer_open(&w, run, &o));
    leat_status status = write_run(w);
    leat_status closed = leat_event_writer_close(w);
    LEAT_TRY(status != LEAT_OK ? status : closed);
    /* A restarted session: what the first recorded from step 5 on is superseded. */
    snprintf(run, sizeof run, "%s/restarted", dir);
    for (int session = 0; session < 2; session++) {
        o.session_step = 5 * session;
        LEAT_TRY(leat_event_writer_open(&w, run, &o));
        for (int64_t step = o.session_step; step < 10 && status == LEAT_OK; step++)
            status = leat_add_scalar(w, "x", (double)(100 * session + step), step);
        closed = leat_event_writer_close(w);
        LEAT_TRY(status != LEAT_OK ? status : closed);
    }
    return LEAT_OK;
}

static leat_status print(void *user, const void *bytes, size_t n)
{
    return fwrite(bytes, 1, n, user) == n ? LEAT_OK : leat_fail(LEAT_ERR_IO, "standard output");
}

static leat_status read_log(const char *what, const char *dir)
{
    leat_logdir *log;
    leat_status status = leat_logdir_open(&log, dir, NULL);
    if (status == LEAT_OK && strcmp(what, "list") == 0) {
        status = leat_logdir_list_json(log, print, stdout);
    } else if (status == LEAT_OK && strcmp(what, "csv") == 0) {
        status = leat_logdir_export_csv(log, NULL, print, stdout);
    } else if (status == LEAT_OK) {
        status = leat_logdir_export_json(log, NULL, print, stdout);
    }
    leat_logdir_close(log);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    leat_must(strcmp(argv[1], "write") == 0 ? write_log(argv[2]) : read_log(argv[1], argv[2]));
    return 0;
}
