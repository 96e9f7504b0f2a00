/* Plots and reports from log directories, which the writer of event files makes here. */
#include "check.h"
#include "event-builder.h"
#include "base/file-private.h"
#include "leat/events.h"
#include "viz/canvas-private.h"
#include "viz/figure-private.h"
#include "viz/log-data-private.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char graph_def[] = "\x0a\x09\x0a\x01"
                                "a\x12\x04NoOp\x0a\x0b\x0a\x03"
                                "b/c\x12\x04NoOp";

static leat_status write_run(const char *dir, double scale)
{
    leat_event_writer *w;
    static const uint8_t pixels[12] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9};
    leat_event_writer_options o = {
        .size = sizeof o, .graph_def = graph_def, .graph_def_size = sizeof graph_def - 1};
    LEAT_TRY(leat_event_writer_open(&w, dir, &o));
    leat_status status = LEAT_OK;
    for (int64_t step = 0; step < 20 && status == LEAT_OK; step++) {
        double values[3] = {scale * (double)step, -1, 1};
        status = leat_add_scalar(w, "loss", scale / (double)(step + 1), step);
        if (status == LEAT_OK)
            status = leat_add_histogram(w, "weights", values, 3, step);
        if (status == LEAT_OK && step % 5 == 0)
            status = leat_add_image(w, "picture", pixels, 2, 2, 3, step);
    }
    if (status == LEAT_OK)
        status = leat_add_text(w, "notes", "Trained on a & b.", 0);
    leat_status closed = leat_event_writer_close(w);
    return status == LEAT_OK ? closed : status;
}

/* Two runs; the static storage of check_temp_dir is copied. */
static const char *make_log(char root[200])
{
    char dir[240];
    snprintf(root, 200, "%s", check_temp_dir());
    snprintf(dir, sizeof dir, "%s/a", root);
    if (!CHECK_OK(write_run(dir, 1)))
        return NULL;
    snprintf(dir, sizeof dir, "%s/b", root);
    return CHECK_OK(write_run(dir, 2)) ? root : NULL;
}

LEAT_TEST(a_log_becomes_plain_arrays)
{
    char root[200];
    const char *dirs[2] = {make_log(root), root};
    leat_log_data d;
    REQUIRE(dirs[0] != NULL);
    REQUIRE_OK(leat_log_data_open(&d, dirs, 1, LEAT_PLOT_RESTARTS_START, LEAT_LOG_ALL));
    const leat_plot_data *p = &d.report.plots;
    CHECK(p->n_runs == 2 && p->n_histograms == 2 && p->n_images == 2 && p->n_texts == 2);
    CHECK(d.report.n_graphs == 2 && d.report.n_notes == 0);
    leat_scalar_series s[2] = {0};
    size_t n = 0;
    for (size_t i = 0; i < p->n_scalars; i++) {
        leat_scalar_series one = leat_scalars_at(p, i);
        CHECK(one.run != NULL && one.tag != NULL);
        if (one.n > 0 && CHECK(n < 2))
            s[n++] = one;
    }
    REQUIRE(n == 2 && p->n_histograms == 2);
    CHECK_STR(s[0].run, "a");
    CHECK_STR(s[1].run, "b");
    CHECK_STR(s[1].tag, "loss");
    CHECK(s[1].n == 20 && s[1].value[3] == 0.5 && s[1].step[3] == 3);
    const leat_histogram *h = &p->histograms[0].at[7];
    double count = 0;
    for (size_t i = 0; i < h->n; i++)
        count += h->buckets[3 * i + 2];
    CHECK(h->step == 7 && count == 3);
    leat_log_data_free(&d);
    /* Two directories: runs are called by both names. */
    REQUIRE_OK(leat_log_data_open(&d, dirs, 2, LEAT_PLOT_RESTARTS_NONE, LEAT_LOG_SCALARS));
    CHECK(d.report.plots.n_runs == 4 && d.report.plots.n_histograms == 0);
    CHECK(strncmp(d.report.plots.runs[0], root, strlen(root)) == 0);
    leat_log_data_free(&d);
}

LEAT_TEST(tags_with_a_nul_have_charts_of_their_own)
{
    const char *dir = check_temp_dir();
    leat_buf b = {0};
    leat_log_data d;
    leat_figure *f = NULL;
    build_version(&b, 2);
    build_scalar_n(&b, "a\0b", 3, 1, 1);
    build_scalar_n(&b, "a\0c", 3, 1, 2);
    build_scalar(&b, "a", 1, 3);
    build_save(&b, dir, "tfevents");
    leat_buf_free(&b);
    REQUIRE_OK(leat_log_data_open(&d, &dir, 1, LEAT_PLOT_RESTARTS_START, LEAT_LOG_ALL));
    if (CHECK_OK(leat_figure_new(&f, &d.report.plots, NULL)) && CHECK(f->n_panels == 3)) {
        CHECK_STR(f->panels[0].tag, "a");
        CHECK_STR(f->panels[1].tag, "a\\x00b");
        CHECK_STR(f->panels[2].tag, "a\\x00c");
    }
    leat_figure_free(f);
    leat_log_data_free(&d);
}

LEAT_TEST(every_kind_is_drawn_from_a_log)
{
    char root[200], path[300];
    const char *dir = make_log(root);
    REQUIRE(dir != NULL);
    for (int kind = 0; kind < 6; kind++) {
        leat_plot_options o;
        leat_plot_options_init(&o);
        o.kind = (leat_plot_kind)kind;
        snprintf(path, sizeof path, "%s/%d.trace", root, kind);
        leat_buf b = {0};
        if (CHECK_OK(leat_plot_log(path, &dir, 1, LEAT_PLOT_RESTARTS_START, &o)) &&
            CHECK_OK(leat_file_read_all(path, 0, &b))) {
            CHECK(strstr(b.data, kind == 0   ? "\"loss\""
                                 : kind == 4 ? "pixels=2x2"
                                 : kind == 5 ? "\"Trained on a & b.\""
                                             : "\"weights\"") != NULL);
        }
        leat_buf_free(&b);
    }
    CHECK_FAILS(leat_plot_log("x.bmp", &dir, 1, LEAT_PLOT_RESTARTS_START, NULL), LEAT_ERR_INVALID_ARGUMENT,
                "x.bmp");
    const char *absent = "/proc/nonexistent/log";
    CHECK_FAILS(leat_plot_log(path, &absent, 1, LEAT_PLOT_RESTARTS_START, NULL), LEAT_ERR_NOT_FOUND, absent);
}

LEAT_TEST(a_log_has_a_report)
{
    char root[200], path[300], out[240];
    const char *dir = make_log(root);
    REQUIRE(dir != NULL);
    snprintf(out, sizeof out, "%s/report", root);
    REQUIRE_OK(leat_report_log(out, &dir, 1, LEAT_PLOT_RESTARTS_START, NULL));
    snprintf(path, sizeof path, "%s/scalars/loss.csv", out);
    leat_buf b = {0};
    REQUIRE_OK(leat_file_read_all(path, 0, &b));
    const char *line = strstr(b.data, "\nb,3,");
    CHECK(line != NULL && strstr(line, ",0.5\n") != NULL);
    leat_buf_free(&b);
    snprintf(path, sizeof path, "%s/graphs/graph.a.svg", out);
    CHECK(leat_path_kind_of(path) == LEAT_PATH_FILE);
}

/* What has no picture is named in the report, kind by kind; a plot of something else has no word about it. */
LEAT_TEST(a_report_names_what_it_does_not_draw)
{
    static const char audio[] = "\x0a\x0b\x0a\x02"
                                "au\x32\x05\x0d\0\0\0\x40";
    leat_event_writer *w;
    leat_log_data d;
    const char *dir = check_temp_dir();
    REQUIRE_OK(leat_event_writer_open(&w, dir, NULL));
    CHECK_OK(leat_add_scalar(w, "loss", 1, 1));
    CHECK_OK(leat_event_writer_add_summary_bytes(w, audio, sizeof audio - 1, 1));
    for (int i = 0; i < 9; i++) { /* a tensor of two floats with a plugin's name */
        static const char *const plugins[] = {"pr_curves", "pr_curves", "b_plugin0", "b_plugin1", "b_plugin2",
                                              "b_plugin3", "b_plugin4", "pr_curves", "b_plugin5"};
        leat_buf b = {0};
        leat_buf_printf(&b, "\x0a\x27\x0a\x02p%d\x42\x12\x08\x01\x12\x04\x12\x02\x08\x02\x2a\x08", i);
        leat_buf_append(&b, "\0\0\0\0\0\0\0\0", 8);
        leat_buf_printf(&b, "\x4a\x0d\x0a\x0b\x0a\x09%s", plugins[i]);
        CHECK_OK(leat_event_writer_add_summary_bytes(w, b.data, b.size, 1));
        leat_buf_free(&b);
    }
    REQUIRE_OK(leat_event_writer_close(w));
    REQUIRE_OK(leat_log_data_open(&d, &dir, 1, LEAT_PLOT_RESTARTS_START, LEAT_LOG_ALL));
    REQUIRE(d.report.n_notes == 1);
    CHECK_STR(d.report.notes[0], "not drawn: audio (1), pr_curves (3), b_plugin0 (1), b_plugin1 (1), "
                                 "b_plugin2 (1), other kinds (3)");
    leat_log_data_free(&d);
    REQUIRE_OK(leat_log_data_open(&d, &dir, 1, LEAT_PLOT_RESTARTS_START, LEAT_LOG_SCALARS));
    CHECK(d.report.n_notes == 0);
    leat_log_data_free(&d);
}

/* The fixtures' logs: damaged, restarted, empty, of all forms. */
LEAT_TEST(real_logs_have_reports)
{
    const char *shared = check_shared_path("fixtures/logs");
    if (shared == NULL)
        SKIP("no shared fixtures");
    char logs[4096], path[300];
    const char *dir = logs;
    snprintf(logs, sizeof logs, "%s", shared);
    snprintf(path, sizeof path, "%s/report.html", check_temp_dir());
    REQUIRE_OK(leat_report_log(path, &dir, 1, LEAT_PLOT_RESTARTS_START, NULL));
    leat_buf b = {0};
    REQUIRE_OK(leat_file_read_all(path, 0, &b));
    static const char *const texts[] = {">MSE</text>",
                                        ">日本/語</text>",
                                        "tf_logs/run-20170606090523",
                                        "data checksum mismatch",
                                        "superseded at a restart",
                                        "data:image/png"};
    for (size_t i = 0; i < LEAT_LEN(texts); i++)
        CHECK(strstr(b.data, texts[i]) != NULL);
    leat_buf_free(&b);
}
