/* What makes a page of charts readable: looks that differ, plots that are aligned, runs that are named. */
#include "check.h"
#include "tests/viz/sample.h"
#include "viz/figure-private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

LEAT_TEST(eighty_runs_look_different)
{
    for (int i = 0; i < 4; i++) {
        leat_theme theme = leat_theme_make(i & 1, i & 2 ? LEAT_PALETTE_SAFE : LEAT_PALETTE_TENSORBOARD);
        for (size_t a = 0; a < 84; a++)
            for (size_t b = 0; b < a; b++) {
                leat_run_look x = leat_theme_run(&theme, a), y = leat_theme_run(&theme, b);
                CHECK(x.color != y.color || x.dash[0] != y.dash[0]);
            }
    }
}

/* Two columns of charts whose numbers are not equally wide; only the last one has something to note. */
LEAT_TEST(plots_of_a_page_are_aligned)
{
    sample *s = sample_new();
    const double scales[4] = {1, 0.01, 300, 1};
    for (int tag = 0; tag < 4; tag++) {
        double values[20];
        char name[8];
        snprintf(name, sizeof name, "t%d", tag);
        for (int i = 0; i < 20; i++)
            values[i] = tag == 3 && i == 7 ? NAN : scales[tag] * i;
        sample_add_scalars(s, "run", name, values, 20, 1);
    }
    leat_figure *f;
    leat_canvas *c;
    leat_plot_options o;
    leat_plot_options_init(&o);
    REQUIRE_OK(leat_figure_new(&f, sample_data(s), &o));
    REQUIRE_OK(leat_canvas_new(&c, leat_canvas_class_of_path("x.trace"),
                               &(leat_canvas_options){.metrics = LEAT_METRICS_FIXED}));
    f->keep = true;
    leat_figure_draw(f, c, 0, f->n_panels);
    CHECK_OK(leat_canvas_status(c));
    const leat_chart *charts[4];
    for (int i = 0; i < 4; i++)
        charts[i] = f->class->chart(&f->panels[i]);
    CHECK(charts[0]->numbers_width > 0 && charts[0]->numbers_width == charts[2]->numbers_width);
    CHECK(charts[1]->numbers_width > 0 && charts[1]->numbers_width == charts[3]->numbers_width);
    CHECK(!charts[0]->keep_notes_row && !charts[1]->keep_notes_row);
    CHECK(charts[2]->keep_notes_row && charts[3]->keep_notes_row);
    leat_canvas_free(c);
    leat_figure_free(f);
    sample_free(s);
}

LEAT_TEST(means_have_the_first_colours)
{
    sample *s = sample_new();
    const double values[3] = {1, 2, 3};
    for (int i = 0; i < 12; i++) {
        char run[32];
        snprintf(run, sizeof run, "lr=%d/seed-%d", i / 4, i % 4);
        sample_add_scalars(s, run, "loss", values, 3, 1);
    }
    leat_figure *f;
    leat_plot_options o;
    leat_plot_options_init(&o);
    o.band = "(.*)/seed";
    for (int hidden = 0; hidden < 2; hidden++) {
        o.run = hidden ? "lr=2" : NULL;
        REQUIRE_OK(leat_figure_new(&f, sample_data(s), &o));
        REQUIRE(f->n_keys == (hidden ? 1u : 3u));
        CHECK(f->keys[f->n_keys - 1].look.color == leat_theme_run(&f->theme, 2).color);
        CHECK(f->keys[f->n_keys - 1].look.dash[0] == 0);
        leat_figure_free(f);
    }
    sample_free(s);
}

static bool drawn(const leat_plot_data *data, leat_plot_kind kind, const char *text)
{
    leat_plot_options o;
    leat_buf b = {0};
    leat_plot_options_init(&o);
    o.kind = kind;
    bool ok = CHECK_OK(sample_trace(data, &o, LEAT_METRICS_FIXED, &b)) && strstr(b.data, text) != NULL;
    CHECK(b.data && strstr(b.data, "nan") == NULL);
    leat_buf_free(&b);
    return ok;
}

LEAT_TEST(the_root_is_called_by_its_directory)
{
    sample *s = sample_new();
    const double values[3] = {1, 2, 3};
    sample_add_scalars(s, ".", "loss", values, 3, 1);
    leat_plot_data data = *sample_data(s);
    CHECK(drawn(&data, LEAT_PLOT_SCALARS, "\".\""));
    data.root = "softmax";
    CHECK(drawn(&data, LEAT_PLOT_SCALARS, "\"softmax\""));
    CHECK(!drawn(&data, LEAT_PLOT_SCALARS, "\".\""));
    sample_free(s);
}

LEAT_TEST(histograms_say_which_steps_they_are_of)
{
    sample *s = sample_new();
    sample_add_histograms(s, "run", "one", 1);
    CHECK(drawn(sample_data(s), LEAT_PLOT_HISTOGRAMS, "\"step 0\""));
    sample_free(s);
    s = sample_new();
    sample_add_histograms(s, "run", "many", 70);
    CHECK(drawn(sample_data(s), LEAT_PLOT_OVERLAY, "\"step 0 (pale) to 6900, 50 of 70 histograms\""));
    sample_free(s);
    const leat_histogram empty[2] = {{.step = 3}, {.step = 4, .wall = 1}};
    const leat_histogram_series series = {.run = "a", .tag = "empty", .n = 2, .at = empty};
    const leat_plot_data data = {.histograms = &series, .n_histograms = 1};
    CHECK(drawn(&data, LEAT_PLOT_OVERLAY, "\"step 3 (pale) to 4\""));
    CHECK(drawn(&data, LEAT_PLOT_HISTOGRAMS, "\"4\""));
}

/* Long names of runs lose the folders that all are in, and only then. */
LEAT_TEST(legends_leave_out_what_is_common)
{
    sample *s = sample_new();
    const double values[3] = {1, 2, 3};
    const char *const folders[2] = {"short/",
                                    "experiments/2026-11/resnet-50/imagenet/batch-256/momentum-0.9/"};
    for (int i = 0; i < 4; i++) {
        char run[120];
        snprintf(run, sizeof run, "%slr=%d/seed", folders[i / 2], i);
        sample_add_scalars(s, run, i / 2 ? "long" : "short", values, 3, 1);
    }
    leat_plot_options o;
    leat_buf b = {0};
    leat_plot_options_init(&o);
    o.tag = "short";
    if (CHECK_OK(sample_trace(sample_data(s), &o, LEAT_METRICS_FIXED, &b)))
        CHECK(strstr(b.data, "\"short/lr=0/seed\"") != NULL);
    leat_buf_clear(&b);
    o.tag = "long";
    if (CHECK_OK(sample_trace(sample_data(s), &o, LEAT_METRICS_FIXED, &b)))
        CHECK(strstr(b.data, "\"…/lr=2/seed\"") != NULL && strstr(b.data, "\"…/lr=3/seed\"") != NULL);
    leat_buf_free(&b);
    sample_free(s);
}

/* Sheets that leave room have others beside them, and a picture of one is no wider than it. */
LEAT_TEST(small_sheets_share_a_row)
{
    static const struct {
        size_t images, sheets;
        double width, height;
    } rows[] = {{1, 1, 127, 168}, {1, 5, 595, 168}, {1, 9, 946, 325}, {9, 2, 991, 325}};
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        sample *s = sample_new();
        leat_plot_options o;
        leat_buf b = {0};
        leat_plot_options_init(&o);
        o.kind = LEAT_PLOT_IMAGES;
        for (size_t k = 0; k < rows[i].sheets; k++) {
            char tag[32];
            snprintf(tag, sizeof tag, "tag %zu", k);
            sample_add_images(s, "r", tag, rows[i].images, 28, 28, rows[i].images);
        }
        double w = 0, h = 0;
        if (CHECK_OK(sample_trace(sample_data(s), &o, LEAT_METRICS_FIXED, &b)))
            CHECK(sscanf(b.data, "page %lf %lf", &w, &h) == 2);
        CHECK(fabs(w - rows[i].width) <= 1 && fabs(h - rows[i].height) <= 2);
        leat_buf_free(&b);
        sample_free(s);
    }
}

/* Apart from the others, a picture's legend says the run; among others each says it beside its title. A name of
 * spaces says so. */
LEAT_TEST(a_run_is_told_once)
{
    for (int apart = 0; apart < 2; apart++) {
        sample *s = sample_new();
        leat_figure *f;
        leat_canvas *c;
        leat_plot_options o;
        leat_buf b = {0};
        size_t told = 0;
        sample_add_histograms(s, "first run", "  ", 3);
        sample_add_histograms(s, "second run", "  ", 3);
        leat_plot_options_init(&o);
        o.kind = LEAT_PLOT_HISTOGRAMS;
        REQUIRE_OK(leat_figure_new(&f, sample_data(s), &o));
        f->apart = apart;
        REQUIRE_OK(leat_canvas_new(&c, leat_canvas_class_of("trace"),
                                   &(leat_canvas_options){.metrics = LEAT_METRICS_FIXED}));
        leat_figure_draw(f, c, 0, apart ? 1 : 2);
        REQUIRE_OK(leat_canvas_finish(c, &b));
        for (const char *at = b.data; (at = strstr(at, "\"first run\"")) != NULL; at++)
            told++;
        CHECK(told == (apart ? 1 : 2));
        CHECK(strstr(b.data, "\"(no name)\"") != NULL);
        leat_buf_free(&b);
        leat_canvas_free(c);
        leat_figure_free(f);
        sample_free(s);
    }
}
