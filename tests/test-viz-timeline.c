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
        {chain, 1, 1, 0, "1 worker, idle 0 % of the run; the critical path takes 100 % of it, from X"},
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
