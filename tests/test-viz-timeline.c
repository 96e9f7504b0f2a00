/* Timelines: the figures, the verdicts, and a drawing. */
#include "config.h"
#include "check.h"
#include "base/file-private.h"
#include "viz-graph/graphs.h"
#include "viz/timeline-private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENT(name_, op_, worker_, critical_, start_, end_)                                                  \
    {                                                                                                        \
        .name = name_, .op = op_, .worker = worker_, .critical = critical_, .start_ns = start_,              \
        .end_ns = end_                                                                                       \
    }

LEAT_TEST(timeline_verdicts)
{
    static const leat_timeline_event chain[] = {EVENT("X", "MatMul", 0, true, 0, 400),
                                                EVENT("mid", "Add", 0, true, 400, 700),
                                                EVENT("Y", "Relu", 1, true, 700, 1000)};
    static const leat_timeline_event even[] = {EVENT("a", "MatMul", 0, true, 0, 1000),
                                               EVENT("b", "MatMul", 1, false, 0, 900)};
    static const leat_timeline_event alone[] = {EVENT("big", "Conv2D", 0, false, 0, 500),
                                                EVENT("s", "Add", 1, false, 0, 10)};
    static const leat_timeline_event tiny[] = {EVENT("s", "Add", 0, false, 0, 10),
                                               EVENT("s\x1b[2J", "Add", 1, false, 500, 510)};
    const struct {
        const leat_timeline_event *events;
        size_t n;
        uint32_t workers;
        int64_t duration;
        const char *verdict;
    } rows[] = {
        {chain, 3, 2, 0, "2 workers idle 50 % of the run: the graph is a chain from X to Y"},
        {chain, 3, 4, 0, "4 workers idle 75 % of the run: the graph is a chain from X to Y"},
        {even, 2, 2, 0, "2 workers idle 5 % of the run; the critical path takes 100 % of it, from a"},
        {alone, 2, 2, 1000, "2 workers idle 75 % of the run: big takes 50 % of it"},
        {tiny, 2, 2, 1000, "2 workers idle 99 % of the run: the ops are short, 10 ns each on average"},
        {chain, 1, 1, 0, "1 worker, idle 0 % of the run"},
        {NULL, 0, 2, 0, "no op ran"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        char text[200];
        leat_timeline run = {rows[i].events, rows[i].n, rows[i].workers, rows[i].duration};
        CHECK_STR(leat_timeline_verdict(&run, text, sizeof text), rows[i].verdict);
    }
}

LEAT_TEST(timeline_verdict_fits_its_buffer)
{
    leat_timeline_event e = EVENT("损失损失损失", "Add", 0, true, 0, 10);
    leat_timeline run = {&e, 1, 4, 0};
    for (size_t size = 0; size < 80; size++) {
        char text[100];
        memset(text, 'z', sizeof text);
        leat_timeline_verdict(&run, text, size);
        CHECK(text[size] == 'z' &&
              (size == 0 || (strlen(text) < size && leat_utf8_valid(text, strlen(text)))));
    }
}

LEAT_TEST(timeline_refuses_what_cannot_be)
{
    leat_timeline_event e = EVENT("late", "Add", 2, false, 10, 5);
    leat_timeline run = {&e, 1, 2, 0};
    CHECK_FAILS(leat_plot_timeline("/nowhere/x.svg", &run, NULL), LEAT_ERR_INVALID_ARGUMENT, "late");
    e.end_ns = 20;
    CHECK_FAILS(leat_plot_timeline("/nowhere/x.svg", &run, NULL), LEAT_ERR_INVALID_ARGUMENT, "worker 2 of 2");
    e.worker = 5000, run.n_workers = 0;
    CHECK_FAILS(leat_plot_timeline("/nowhere/x.svg", &run, NULL), LEAT_ERR_INVALID_ARGUMENT, "worker 5000");
    e.worker = 0, e.start_ns = -1;
    CHECK_FAILS(leat_plot_timeline("/nowhere/x.svg", &run, NULL), LEAT_ERR_INVALID_ARGUMENT,
                "before the run");
    e.start_ns = 0;
    CHECK_FAILS(leat_plot_timeline("/nowhere/x.svg", &run, NULL), LEAT_ERR_NOT_FOUND, "/nowhere");
}

/* Ops from some microseconds to some nanoseconds on three workers. */
static size_t make_events(leat_timeline_event *events, char (*names)[32], size_t most)
{
    static const char *const ops[] = {"MatMul", "Conv2D", "Add",  "Relu", "Softmax",
                                      "Mul",    "Sum",    "Cast", "Tile", "Neg"};
    int64_t at[3] = {0, 300, 800};
    dice d = {7};
    size_t n = 0;
    while (n < most) {
        uint32_t w = roll(&d, 3);
        int64_t length = roll(&d, 8) ? roll(&d, 60) : 2000 + roll(&d, 3000);
        snprintf(names[n], sizeof names[n], "layer_%u/op_%zu", roll(&d, 9), n);
        events[n] = (leat_timeline_event){.name = names[n],
                                          .op = ops[LEAT_MIN(roll(&d, 10), roll(&d, 10))],
                                          .worker = w,
                                          .critical = w == 0 && n % 3 == 0,
                                          .start_ns = at[w],
                                          .end_ns = at[w] + length};
        at[w] += length + roll(&d, 900);
        n++;
    }
    return n;
}

static void draw(leat_canvas *c, const leat_timeline *run, bool dark)
{
    leat_timeline_options o = {.size = sizeof o, .title = "One step <1>", .dark = dark};
    CHECK_OK(leat_plot_timeline_on(c, run, &o));
}

LEAT_TEST(timeline_drawing)
{
    enum { MOST = 200 };
    leat_timeline_event *events = leat_alloc_zero(MOST, sizeof *events);
    char(*names)[32] = leat_alloc_zero(MOST, sizeof *names);
    leat_timeline run = {events, make_events(events, names, MOST), 4, 0};
    leat_buf got = {0}, want = {0};
    leat_canvas *c;
    REQUIRE_OK(
        leat_canvas_new(&c, &leat_canvas_trace, &(leat_canvas_options){.metrics = LEAT_METRICS_FIXED}));
    draw(c, &run, false);
    REQUIRE_OK(leat_canvas_finish(c, &got));
    const char *path = check_source_path("tests/viz-graph/timeline.trace");
    if (getenv("LEAT_UPDATE_GOLDEN"))
        CHECK_OK(leat_file_replace(path, got.data, got.size, false));
    REQUIRE_OK(leat_file_read_all(path, 0, &want));
    CHECK(got.size == want.size && memcmp(got.data, want.data, got.size) == 0);
    CHECK(strstr(got.data, "4 workers idle") != NULL && strstr(got.data, "\"critical path\"") != NULL);
    leat_canvas_free(c);
    leat_buf_free(&got);
    leat_buf_free(&want);
    leat_free(events);
    leat_free(names);
}

LEAT_TEST(timeline_of_many_events_stays_small)
{
    enum { MANY = 200000 };
    leat_timeline_event *events = leat_alloc_zero(MANY, sizeof *events);
    leat_timeline run = {events, MANY, 2, 0};
    leat_canvas *c;
    leat_buf out = {0};
    REQUIRE(events != NULL);
    for (size_t i = 0; i < MANY; i++)
        events[i] = (leat_timeline_event)EVENT("n", i % 2 ? "Add" : "Mul", i % 2, i % 5 == 0, (int64_t)i * 10,
                                               (int64_t)i * 10 + 9);
    REQUIRE_OK(leat_canvas_new(&c, &leat_canvas_svg, &(leat_canvas_options){.metrics = LEAT_METRICS_FIXED}));
    draw(c, &run, true);
    CHECK_OK(leat_canvas_finish(c, &out));
    CHECK(out.size < 400000);
    leat_canvas_free(c);
    leat_buf_free(&out);
    leat_free(events);
}

/* ---- random runs: no text over another, none cut ---- */

typedef struct text_box {
    leat_box b;
    const char *line;
} text_box;

/* Of a trace's lines `text ... box=x,y,w,h`: how many lie outside the page or over another one. */
static size_t text_faults(char *trace)
{
    static text_box boxes[4000];
    size_t n = 0, faults = 0;
    double w = 0, h = 0;
    for (char *line = strtok(trace, "\n"); line; line = strtok(NULL, "\n")) {
        char *at = strstr(line, " box=");
        sscanf(line, "page %lf %lf", &w, &h);
        if (strncmp(line + strspn(line, " "), "text ", 5) != 0 || !at || n == LEAT_LEN(boxes))
            continue;
        leat_box *b = &boxes[n].b;
        if (sscanf(at, " box=%lf,%lf,%lf,%lf", &b->x, &b->y, &b->w, &b->h) == 4)
            boxes[n++].line = line;
    }
    for (size_t i = 0; i < n; i++) {
        const leat_box *b = &boxes[i].b;
        bool outside = b->x < -0.1 || b->y < -0.1 || b->x + b->w > w + 0.15 || b->y + b->h > h + 0.15;
        if (outside && faults++ == 0)
            printf("\n    outside %gx%g: %s\n", w, h, boxes[i].line);
        for (size_t k = i + 1; k < n; k++) {
            const leat_box *d = &boxes[k].b;
            double over_x = LEAT_MIN(b->x + b->w, d->x + d->w) - LEAT_MAX(b->x, d->x);
            double over_y = LEAT_MIN(b->y + b->h, d->y + d->h) - LEAT_MAX(b->y, d->y);
            if (over_x > 0.25 && over_y > 0.25 && faults++ == 0)
                printf("\n    overlap:\n      %s\n      %s\n", boxes[i].line, boxes[k].line);
        }
    }
    return faults + (n == 0);
}

static size_t random_run(dice *d, leat_timeline_event *events, char (*names)[64], size_t n, uint32_t workers)
{
    static const char *const ops[] = {
        "MatMul", "Conv2DBackpropFilter", "Add", "Relu", "ResourceSparseApplyKerasMomentum",
        "Mul",    "\u5378\u843d",         "Sum", "<&>",  "T"};
    static const int64_t scales[] = {1, 1000, 1000000, 40000000};
    int64_t scale = scales[roll(d, 4)], at[64] = {0};
    for (size_t i = 0; i < n; i++) {
        uint32_t w = roll(d, workers);
        int64_t length = (roll(d, 6) ? roll(d, 300) : 2000 + roll(d, 9000)) * scale;
        snprintf(names[i], sizeof names[i],
                 roll(d, 3) ? "tower_%u/layer/a_rather_long_scope/op_%zu" : "%u/o%zu", roll(d, 9), i);
        events[i] = (leat_timeline_event){.name = names[i],
                                          .op = ops[roll(d, roll(d, 10) + 1)],
                                          .worker = w,
                                          .critical = roll(d, 4) == 0,
                                          .tiles = roll(d, 5) ? 0 : 1 + roll(d, 8),
                                          .start_ns = at[w],
                                          .end_ns = at[w] + length};
        at[w] += length + (roll(d, 3) ? 0 : roll(d, 900) * scale);
    }
    return n;
}

LEAT_TEST(timeline_texts_are_disjoint_and_inside)
{
    enum { MOST = 1500 };
    static const double widths[] = {320, 480, 960, 1600};
    leat_timeline_event *events = leat_alloc_zero(MOST, sizeof *events);
    char(*names)[64] = leat_alloc_zero(MOST, sizeof *names);
    dice d = {11};
    for (int i = 0; i < 200; i++) {
        uint32_t workers = 1 + roll(&d, roll(&d, 4) ? 6 : 64);
        size_t n = random_run(&d, events, names, 1 + roll(&d, roll(&d, 3) ? 40 : MOST - 1), workers);
        leat_timeline run = {events, n, workers, 0};
        leat_timeline_options o = {
            .size = sizeof o,
            .title = "A title that is long enough to be cut where the page is only some hundred pixels wide",
            .dark = roll(&d, 2),
            .width = widths[roll(&d, 4)],
            .words =
                roll(&d, 2)
                    ? NULL
                    : "one sentence of some length, which may be wrapped: from a/b/c to d/e/f\nand another\n"
                      "and a third, of a_name_without_any_blank_that_is_longer_than_the_page_is_wide_and_then_some"};
        leat_canvas *c;
        leat_buf trace = {0};
        REQUIRE_OK(
            leat_canvas_new(&c, &leat_canvas_trace, &(leat_canvas_options){.metrics = LEAT_METRICS_FIXED}));
        CHECK_OK(leat_plot_timeline_on(c, &run, &o));
        CHECK_OK(leat_canvas_finish(c, &trace));
        CHECK(text_faults(trace.data) == 0);
        leat_canvas_free(c);
        leat_buf_free(&trace);
    }
    leat_free(events);
    leat_free(names);
}
