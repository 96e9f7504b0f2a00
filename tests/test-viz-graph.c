/* Graph diagrams: the model against TensorBoard's rules, drawings against golden traces, and random
 * graphs. */
#include "config.h"
#include "check.h"
#include "base/fault-private.h"
#include "base/file-private.h"
#include "tests/viz-graph/clear.h"
#include "viz-graph/graphs.h"
#include "viz/graph-draw-private.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the model ---- */

static bool read_model(leat_gmodel *m, const leat_buf *g)
{
    *m = (leat_gmodel){0};
    return CHECK_OK(leat_gmodel_read(m, g->data, g->size, "test"));
}

static bool label_is(const leat_gmodel *m, uint32_t node, const char *want)
{
    leat_buf b = {0};
    if (node != LEAT_G_NONE)
        leat_gmodel_put_label(m, node, &b);
    bool same = b.data && strcmp(b.data, want) == 0;
    leat_buf_free(&b);
    return same;
}

LEAT_TEST(scopes_nest_by_slashes)
{
    leat_buf g = {0};
    leat_gmodel m;
    graph_node(&g, "VariableV2", "a/b", "", NULL);
    graph_node(&g, "Identity", "a/b/read", "a/b", NULL);
    graph_node(&g, "Identity", "a//c", "a/b/read", NULL);
    graph_node(&g, "Identity", "/d/", "a//c", NULL);
    if (!read_model(&m, &g))
        return;
    uint32_t scope = leat_gmodel_find(&m, "a/b"), own = leat_gmodel_find(&m, "a/b/(b)");
    REQUIRE(scope != LEAT_G_NONE && own != LEAT_G_NONE);
    CHECK(m.nodes[scope].kind == LEAT_G_SCOPE && m.nodes[scope].cardinality == 2);
    CHECK(m.nodes[own].kind == LEAT_G_OP && m.nodes[own].parent == scope);
    CHECK(label_is(&m, own, "(b)"));
    CHECK(label_is(&m, leat_gmodel_find(&m, "a//c"), "/c"));
    CHECK(label_is(&m, leat_gmodel_find(&m, "/d/"), "/d/"));
    CHECK(m.nodes[m.root].cardinality == 4 && m.nodes[m.root].children == 2);
    CHECK(m.n_edges == 3);
    leat_gmodel_free(&m);
    leat_buf_free(&g);
}

LEAT_TEST(constants_and_summaries_are_embedded)
{
    leat_buf g = {0};
    leat_gmodel m;
    graph_training(&g);
    graph_node(&g, "Const", "alone", "", "");
    if (!read_model(&m, &g))
        return;
    uint32_t lonely = leat_gmodel_find(&m, "alone"),
             rate = leat_gmodel_find(&m, "GradientDescent/learning_rate");
    CHECK(m.nodes[lonely].parent == m.root); /* nothing takes it: it is shown as an op */
    CHECK(m.nodes[rate].flags & LEAT_G_EMBED_IN);
    uint32_t mse = leat_gmodel_find(&m, "loss/mse"), in = 0, out = 0;
    for (size_t i = 0; i < m.n_embeds; i++)
        if (m.embeds[i].host == mse) {
            in += m.nodes[m.embeds[i].node].flags & LEAT_G_EMBED_IN ? 1 : 0;
            out += m.nodes[m.embeds[i].node].flags & LEAT_G_EMBED_OUT ? 1 : 0;
        }
    CHECK(in == 1 && out == 1);
    leat_gmodel_free(&m);
    leat_buf_free(&g);
}

LEAT_TEST(five_in_a_row_are_a_series)
{
    static const struct {
        int from, to;
        const char *first, *format, *series; /* first: the one without a number, or NULL */
    } rows[] = {
        {1, 4, "MatMul", "MatMul_%d", "MatMul[0-4]"}, {1, 3, "MatMul", "MatMul_%d", NULL},
        {3, 7, NULL, "layer%d", "layer[3-7]"},        {1, 5, NULL, "conv2d_%d", NULL}, /* a digit before */
        {10, 14, NULL, "s/op_%d", "s/op[10-14]"},     {1, 4, "layer", "layer%d", "layer[0-4]"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf g = {0};
        leat_gmodel m;
        char name[64];
        if (rows[i].first)
            graph_node(&g, "MatMul", rows[i].first, "", NULL);
        for (int k = rows[i].from; k <= rows[i].to; k++) {
            snprintf(name, sizeof name, rows[i].format, k);
            graph_node(&g, "MatMul", name, "", NULL);
        }
        if (!read_model(&m, &g))
            return;
        CHECK(m.n_series == (rows[i].series ? 1 : 0));
        if (rows[i].series)
            CHECK(leat_gmodel_find(&m, rows[i].series) != LEAT_G_NONE);
        leat_gmodel_free(&m);
        leat_buf_free(&g);
    }
}

LEAT_TEST(equal_scopes_have_one_structure)
{
    leat_buf g = {0};
    leat_gmodel m;
    graph_relus(&g, 5);
    if (!read_model(&m, &g))
        return;
    uint32_t relu = leat_gmodel_find(&m, "relu"), relu_1 = leat_gmodel_find(&m, "relu_1");
    CHECK(m.nodes[relu].structure == LEAT_G_NONE); /* it alone holds the threshold */
    CHECK(m.nodes[relu_1].structure == 0);
    for (int i = 2; i < 5; i++) {
        char name[32];
        snprintf(name, sizeof name, "relu_%d", i);
        CHECK(m.nodes[leat_gmodel_find(&m, name)].structure == 0);
    }
    CHECK(m.nodes[leat_gmodel_find(&m, "relu_1/bias")].structure ==
          m.nodes[leat_gmodel_find(&m, "relu/threshold")].structure);
    leat_gmodel_free(&m);
    leat_buf_free(&g);
}

LEAT_TEST(functions_are_subgraphs)
{
    leat_buf g = {0};
    leat_gmodel m;
    graph_node(&g, "Placeholder", "x", "", "3");
    graph_node(&g, "f", "call", "x x", "3");
    graph_function(&g, "f", "f"); /* calls itself: not expanded, so no matter */
    if (!read_model(&m, &g))
        return;
    uint32_t f = leat_gmodel_find(&m, LEAT_G_FUNCTION_PREFIX "f");
    REQUIRE(f != LEAT_G_NONE);
    CHECK(m.nodes[f].children == 5); /* two arguments, two ops, a result */
    CHECK(label_is(&m, f, "f"));
    CHECK(m.n_edges == 6 && m.n_dangling == 0);
    leat_gmodel_free(&m);
    leat_buf_free(&g);
}

LEAT_TEST(bad_bytes_are_refused)
{
    static const struct {
        const char *bytes;
        size_t size;
        leat_status status;
        const char *part;
    } rows[] = {
        {"", 0, LEAT_ERR_INVALID_ARGUMENT, "no nodes"},
        {"\x0a\x05\x0a\x7f", 4, LEAT_ERR_DATA_LOSS, "g.pb:0: "},
        {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, LEAT_ERR_DATA_LOSS, "g.pb:1: "},
        {"\x0b\x0c", 2, LEAT_ERR_DATA_LOSS, "g.pb:0: "},
        {"\x0a\x03\x0a\x05x", 5, LEAT_ERR_DATA_LOSS, "g.pb:2: "},
        {"node { name: \"x\" }", 18, LEAT_ERR_DATA_LOSS, "g.pb:"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_gmodel m = {0};
        leat_status st = leat_gmodel_read(&m, rows[i].bytes, rows[i].size, "g.pb");
        CHECK_FAILS(st, rows[i].status, rows[i].part);
        CHECK(strncmp(leat_message(), "g.pb", 4) == 0);
        leat_gmodel_free(&m);
    }
}

/* ---- drawings ---- */

static leat_status trace(const leat_buf *g, const leat_plot_graph_options *options, leat_buf *out)
{
    leat_canvas *c;
    leat_canvas_options how = {.metrics = LEAT_METRICS_FIXED};
    LEAT_TRY(leat_canvas_new(&c, &leat_canvas_trace, &how));
    leat_status st = leat_plot_graph_on(c, g->data, g->size, options);
    if (st == LEAT_OK)
        st = leat_canvas_finish(c, out);
    leat_canvas_free(c);
    return st;
}

/* The golden file of that name; written anew where LEAT_UPDATE_GOLDEN is set. */
static void check_golden(const char *name, const leat_buf *got)
{
    char path[128];
    leat_buf want = {0};
    snprintf(path, sizeof path, "tests/viz-graph/%s.trace", name);
    const char *file = check_source_path(path);
    if (getenv("LEAT_UPDATE_GOLDEN")) {
        CHECK_OK(leat_file_replace(file, got->data, got->size, false));
        return;
    }
    if (!CHECK_OK(leat_file_read_all(file, 0, &want)))
        return;
    bool same = want.size == got->size && memcmp(want.data, got->data, got->size) == 0;
    CHECK(same);
    if (!same) {
        size_t at = 0;
        while (at < want.size && at < got->size && want.data[at] == got->data[at])
            at++;
        while (at > 0 && want.data[at - 1] != '\n')
            at--;
        printf("\n    %s differs at byte %zu: %.*s\n", name, at, (int)strcspn(got->data + at, "\n"),
               got->data + at);
    }
    leat_buf_free(&want);
}

static void draw_golden(const char *name, const leat_buf *g, leat_plot_graph_options o)
{
    leat_buf out = {0};
    o.size = sizeof o;
    if (CHECK_OK(trace(g, &o, &out)))
        check_golden(name, &out);
    leat_buf_free(&out);
}

LEAT_TEST(the_courses_graphs)
{
    leat_buf g = {0};
    graph_first(&g);
    draw_golden("first", &g, (leat_plot_graph_options){.title = "First graph"});
    leat_buf_clear(&g);
    graph_training(&g);
    draw_golden("training", &g, (leat_plot_graph_options){.title = "Training", .depth = 1});
    leat_buf_clear(&g);
    graph_relus(&g, 5);
    draw_golden("relus", &g, (leat_plot_graph_options){.title = "Five ReLUs"});
    draw_golden("relus-dark", &g, (leat_plot_graph_options){.depth = 1, .dark = true});
    leat_buf_free(&g);
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        n++;
    return n;
}

/* The line of the trace that holds `part`, how deep it is indented; -1 if none does. */
static int depth_of(const char *text, const char *part)
{
    const char *at = strstr(text, part);
    int depth = 0;
    if (!at)
        return -1;
    while (at > text && at[-1] != '\n')
        at--;
    for (; at[0] == ' '; at += 2)
        depth++;
    return depth;
}

LEAT_TEST(the_slides_are_recognised)
{
    leat_buf g = {0}, out = {0};
    leat_plot_graph_options o = {.size = sizeof o};
    graph_training(&g);
    REQUIRE_OK(trace(&g, &o, &out));
    CHECK(strstr(out.data, "class=\"namespace\" title=\"gradients") != NULL);
    CHECK(strstr(out.data, "class=\"namespace open\" title=\"loss") != NULL);
    CHECK(strstr(out.data, "class=\"namespace auxiliary\" title=\"GradientDescent") != NULL);
    CHECK(strstr(out.data, "gradients/Fill") == NULL ||
          strstr(out.data, "title=\"gradients/Fill\\x0a") == NULL);
    leat_buf_clear(&g);
    leat_buf_clear(&out);
    graph_relus(&g, 5);
    REQUIRE_OK(trace(&g, &o, &out));
    CHECK(depth_of(out.data, "class=\"namespace open\" title=\"relu ") == 0);
    CHECK(depth_of(out.data, "\"threshold\"") == 2); /* in threshold, in relu */
    CHECK(strstr(out.data, "class=\"namespace\" title=\"relu_4 ") != NULL);
    CHECK(count(out.data, "\"threshold\"") == 1);
    leat_buf_free(&g);
    leat_buf_free(&out);
}

LEAT_TEST(colours_and_areas)
{
    leat_buf g = {0}, run = {0};
    graph_training(&g);
    run_stats(&run, "/cpu:0", "predictions", 120, 4096);
    run_stats(&run, "/cpu:0", "gradients/predictions_grad/MatMul", 300, 1024);
    leat_plot_graph_options o = {.run_metadata = run.data, .run_metadata_size = run.size, .depth = 1};
    o.color = LEAT_GRAPH_BY_TIME;
    draw_golden("time", &g, o);
    o.color = LEAT_GRAPH_BY_MEMORY;
    draw_golden("memory", &g, o);
    leat_buf_clear(&g);
    graph_node_on(&g, "Placeholder", "x", "", "/cpu:0");
    graph_node_on(&g, "MatMul", "layer/MatMul", "x", "/cpu:1");
    graph_node_on(&g, "Relu", "layer/Relu", "layer/MatMul", "/cpu:1");
    graph_node_on(&g, "Neg", "both/Neg", "layer/Relu", "/cpu:1");
    graph_node_on(&g, "Exp", "both/Exp", "both/Neg", "/cpu:0");
    graph_node_on(&g, "f", "call", "layer/Relu x", "/cpu:0");
    graph_function(&g, "f", "Add");
    draw_golden("device", &g, (leat_plot_graph_options){.color = LEAT_GRAPH_BY_DEVICE});
    const char *const scopes[] = {"layer", "f"};
    draw_golden("function", &g, (leat_plot_graph_options){.expand = scopes, .n_expand = 2, .depth = 1});
    leat_buf_free(&g);
    leat_buf_free(&run);
}

LEAT_TEST(letters_stand_out)
{
    for (int dark = 0; dark < 2; dark++) {
        leat_gpaint p = {.theme = leat_theme_make(dark, LEAT_PALETTE_TENSORBOARD)};
        for (uint32_t i = 0; i < 11; i++)
            for (int open = 0; open < 2; open++) {
                leat_color fill = leat_gpaint_structure(&p, i < 10 ? i : LEAT_G_NONE, open);
                CHECK(leat_color_contrast(leat_gpaint_ink(&p, fill), fill) >= 4.5);
                CHECK(leat_color_contrast(leat_color_readable(p.theme.muted, fill, 4.6), fill) >= 4.5);
            }
        for (int i = 0; i <= 20; i++) {
            leat_color fill = leat_gpaint_heat(&p, i / 20.0);
            CHECK(leat_color_contrast(leat_gpaint_ink(&p, fill), fill) >= 4.5);
        }
    }
}

LEAT_TEST(options_name_what_is_there)
{
    leat_buf g = {0}, out = {0};
    const char *const gone[] = {"nosuch"}, *const op[] = {"mul"}, *const near[] = {"mull"};
    leat_plot_graph_options o = {.size = sizeof o, .expand = gone, .n_expand = 1};
    graph_first(&g);
    CHECK_FAILS(trace(&g, &o, &out), LEAT_ERR_NOT_FOUND, "expand: the graph has no scope 'nosuch'");
    o = (leat_plot_graph_options){.size = sizeof o, .main_nodes = near, .n_main_nodes = 1};
    CHECK_FAILS(trace(&g, &o, &out), LEAT_ERR_NOT_FOUND,
                "main: the graph has no node or scope 'mull'; did you mean 'mul'?");
    o = (leat_plot_graph_options){.size = sizeof o, .expand = op, .n_expand = 1};
    CHECK_FAILS(trace(&g, &o, &out), LEAT_ERR_INVALID_ARGUMENT, "mul");
    o = (leat_plot_graph_options){.size = sizeof o, .color = LEAT_GRAPH_BY_TIME};
    CHECK_FAILS(trace(&g, &o, &out), LEAT_ERR_INVALID_ARGUMENT, "time");
    CHECK_FAILS(leat_plot_graph("x.txt", g.data, g.size, NULL), LEAT_ERR_INVALID_ARGUMENT, "x.txt");
    leat_buf_free(&g);
    leat_buf_free(&out);
}

/* Names come from files: none becomes markup, a control character or a turn of the reading direction. */
LEAT_TEST(names_are_data)
{
    static const char *const names[] = {"<script>alert(1)</script>",
                                        "a\" onload=\"x",
                                        "\x1b[2J\x01",
                                        "]]>&amp;<!--",
                                        "\u202egnp.exe",
                                        "javascript:x",
                                        "\xff\xfe",
                                        "%n%s"};
    leat_buf g = {0}, out = {0};
    leat_canvas *c;
    for (size_t i = 0; i < LEAT_LEN(names); i++)
        graph_node(&g, names[i], names[i], i > 0 ? names[i - 1] : "", NULL);
    REQUIRE_OK(leat_canvas_new(&c, &leat_canvas_svg, &(leat_canvas_options){.metrics = LEAT_METRICS_FIXED}));
    leat_plot_graph_options o = {.size = sizeof o, .title = names[0], .depth = 3};
    CHECK_OK(leat_plot_graph_on(c, g.data, g.size, &o));
    REQUIRE_OK(leat_canvas_finish(c, &out));
    static const char *const never[] = {"<script", " onload=\"",       "\x1b", "\x01", "<!--",
                                        "\u202e",  "href=\"javascript"};
    for (size_t i = 0; i < LEAT_LEN(never); i++)
        CHECK(strstr(out.data, never[i]) == NULL);
    CHECK(strstr(out.data, "&lt;script&gt;") != NULL);
    CHECK(leat_utf8_valid(out.data, out.size));
    leat_canvas_free(c);
    leat_buf_free(&g);
    leat_buf_free(&out);
}

/* ---- nothing overlaps, all is on the page ---- */

static bool apart(const leat_sbox *a, const leat_sbox *b)
{
    const double eps = 0.6; /* graphviz counts in whole units */
    return a->x + a->w <= b->x + eps || b->x + b->w <= a->x + eps || a->y + a->h <= b->y + eps ||
           b->y + b->h <= a->y + eps;
}

static void check_scene(const leat_scene *s)
{
    size_t bad = 0;
    for (uint32_t i = 0; i < s->n_nodes; i++) {
        const leat_sbox *a = &s->boxes[i];
        bad += !isfinite(a->x) || !isfinite(a->y) || !(a->w >= 0) || !(a->h >= 0);
        if (a->scope != LEAT_G_NONE) {
            const leat_sbox *p = &s->boxes[a->scope];
            bad += a->x < p->x - 0.6 || a->y < p->y - 0.6 || a->x + a->w > p->x + p->w + 0.6 ||
                   a->y + a->h > p->y + p->h + 0.6;
        }
        for (uint32_t k = a->next; k != LEAT_G_NONE; k = s->boxes[k].next)
            bad += !apart(a, &s->boxes[k]);
    }
    CHECK(bad == 0);
    CHECK(clear_paths_over_boxes(s) == 0);
    CHECK(clear_paths_under_labels(s) == 0);
}

typedef struct ink {
    double x, y, w, h;
    const char *line;
} ink;

static void say(const char *what, const char *line)
{
    printf("\n    %s: %.*s\n", what, (int)strcspn(line, "\n"), line);
}

/* Every text's ink lies within the page, and on no other text's. */
static void check_texts(const char *text)
{
    double w = 0, h = 0;
    ink *inks = leat_alloc((strlen(text) / 20 + 1) * sizeof *inks);
    size_t n = 0, bad = 0;
    REQUIRE(inks != NULL && sscanf(text, "page %lf %lf", &w, &h) == 2);
    for (const char *at = text; (at = strstr(at, " ink=")) != NULL; at++) {
        ink i = {.line = at};
        if (sscanf(at, " ink=%lf,%lf,%lf,%lf", &i.x, &i.y, &i.w, &i.h) != 4)
            continue;
        inks[n++] = i;
        if (i.x < 0 || i.y < 0 || i.x + i.w > w || i.y + i.h > h) {
            say("off the page", at);
            bad++;
        }
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++) {
            const ink *a = &inks[i], *b = &inks[k];
            double across = fmin(a->x + a->w, b->x + b->w) - fmax(a->x, b->x);
            double down = fmin(a->y + a->h, b->y + b->h) - fmax(a->y, b->y);
            if (across > 0.3 && down > 0.3) {
                say("one text", a->line);
                say("on another", b->line);
                bad++;
            }
        }
    leat_free(inks);
    CHECK(bad == 0);
}

/* Draws all at once and checks what comes of it; returns whether it was drawn. */
static bool draw_random(const leat_buf *g, int depth)
{
    leat_buf out = {0};
    leat_plot_graph_options o = {.size = sizeof o, .depth = depth, .title = "random"};
    bool drawn = trace(g, &o, &out) == LEAT_OK;
    if (drawn)
        check_texts(out.data);
    leat_buf_free(&out);
    return drawn;
}

static void place_random(const leat_buf *g, uint32_t mask)
{
    leat_gmodel m = {0};
    leat_scene s = {0};
    leat_lay_session session = {0};
    leat_canvas *c;
    leat_canvas_options how = {.metrics = LEAT_METRICS_FIXED};
    REQUIRE_OK(leat_canvas_new(&c, &leat_canvas_trace, &how));
    if (CHECK_OK(leat_gmodel_read(&m, g->data, g->size, NULL))) {
        leat_schoice choice = {leat_alloc_zero(m.n_nodes, 1), leat_alloc_zero(m.n_nodes, 1)};
        for (size_t i = m.n_ops; i < m.n_nodes; i++) /* any scopes, but only in open ones */
            choice.open[i] = i == m.root || (mask >> (i % 32) & 1);
        if (CHECK_OK(leat_scene_build(&s, &m, &choice)) && CHECK_OK(leat_scene_place(&s, c, &session)))
            check_scene(&s);
        leat_free(choice.open);
        leat_free(choice.place);
    }
    leat_scene_free(&s);
    leat_lay_session_end(&session);
    leat_gmodel_free(&m);
    leat_canvas_free(c);
}

/* How many graphs a random test makes: a few in every check, more by LEAT_RANDOM_GRAPHS. */
static uint32_t how_many(uint32_t few)
{
    const char *more = getenv("LEAT_RANDOM_GRAPHS");
    return more ? (uint32_t)atoi(more) : few;
}

LEAT_TEST(random_graphs_do_not_overlap)
{
    leat_buf g = {0};
    for (uint32_t seed = 0; seed < how_many(120); seed++) {
        dice d = {seed};
        leat_buf_clear(&g);
        graph_random(&g, &d);
        place_random(&g, seed % 3 == 0 ? 0xffffffff : seed % 3 == 1 ? 0 : roll(&d, UINT32_MAX));
        if (seed % 4 == 0)
            CHECK(draw_random(&g, (int)(seed / 4 % 4)));
    }
    leat_buf_free(&g);
}

LEAT_TEST(mutated_graphs_are_drawn_or_refused)
{
    leat_buf g = {0};
    uint32_t drawn = 0, n = how_many(300);
    for (uint32_t seed = 0; seed < n; seed++) {
        dice d = {seed * 7919 + 1};
        leat_buf_clear(&g);
        graph_random(&g, &d);
        for (uint32_t k = 1 + roll(&d, 6); k > 0; k--)
            g.data[roll(&d, (uint32_t)g.size)] = (char)roll(&d, 256);
        if (roll(&d, 4) == 0)
            g.size = roll(&d, (uint32_t)g.size + 1);
        drawn += draw_random(&g, (int)(seed % 3));
    }
    CHECK(drawn > 0 && drawn < n);
    leat_buf_free(&g);
}

LEAT_TEST(every_allocation_may_fail)
{
    leat_buf g = {0}, out = {0};
    leat_plot_graph_options o = {.size = sizeof o, .depth = 2};
    graph_relus(&g, 3);
    graph_function(&g, "f", "Add");
    leat_fault_disarm();
    uint64_t live = leat_live_allocations();
    CHECK_OK(trace(&g, &o, &out));
    leat_buf_free(&out);
    uint64_t calls = leat_fault_count(LEAT_FAULT_ALLOC), step = calls > 400 ? calls / 400 + 1 : 1;
    for (uint64_t nth = 1; nth <= calls; nth += step) {
        leat_fault_arm(LEAT_FAULT_ALLOC, nth, 12);
        leat_status st = trace(&g, &o, &out);
        CHECK(st == LEAT_ERR_NO_MEMORY || !leat_fault_fired() || st == LEAT_OK);
        leat_fault_disarm();
        leat_buf_free(&out);
        CHECK(leat_live_allocations() == live);
    }
    leat_buf_free(&g);
}
