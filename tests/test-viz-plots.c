/* Plots as a whole: golden traces, text that never overlaps, files that their readers open, bad options. */
#include "check.h"
#include "faults.h"
#include "tests/viz/sample.h"
#include "base/file-private.h"
#include "viz/figure-private.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- golden traces ---- */

static sample *small_log(void)
{
    static const double loss_a[] = {4, 2, 1, 0.5, 0.25}, loss_b[] = {3, 2.5, NAN, 1, 0.9},
                        lr[] = {0.1, 0.1, 0.1}, wild[] = {1,   1.1, 0.9, 1,   50, 1.2, 1, -40, 1, 1.1, 1.3, 1,
                                                          0.9, 1,   1,   1.2, 1,  1.1, 1, 0.9, 1, 1,   1};
    sample *s = sample_new();
    sample_add_scalars(s, "a/seed-1", "loss/train", loss_a, 5, 10);
    sample_add_scalars(s, "a/seed-2", "loss/train", loss_b, 5, 10);
    sample_add_scalars(s, "a/seed-1", "learning_rate", lr, 3, 25);
    sample_add_scalars(s, "b", "wild", wild, LEAT_LEN(wild), 5);
    sample_add_histograms(s, "b", "layer1/weights", 3);
    sample_add_images(s, "b", "digits", 2, 4, 4, 1);
    sample_add_text(s, "b", "notes",
                    "First line.\n\nA second & <third> one that is longer than the page is wide, so "
                    "that it must be broken somewhere.");
    return s;
}

static void set_log_band(leat_plot_options *o)
{
    o->tag = "loss";
    o->band = "(.*)/seed";
    o->log_y = true;
    o->smoothing = 0;
    o->title = "Mean of two";
}
static void set_relative_dark(leat_plot_options *o)
{
    o->x_axis = LEAT_X_RELATIVE;
    o->theme = LEAT_THEME_DARK;
    o->width = 500;
    o->height = 300;
}
static void set_one_chart(leat_plot_options *o)
{
    o->one_chart = true;
    o->run = "seed-1";
    o->ylim[0] = 0;
    o->ylabel = "value";
}
static void set_wall_limits(leat_plot_options *o)
{
    o->x_axis = LEAT_X_WALL;
    o->xlim[0] = 1496739925;
    o->tag = "loss";
}

static const struct {
    const char *name;
    leat_plot_kind kind;
    void (*set)(leat_plot_options *o);
} goldens[] = {
    {"scalars", LEAT_PLOT_SCALARS, NULL},
    {"band-log", LEAT_PLOT_SCALARS, set_log_band},
    {"relative-dark", LEAT_PLOT_SCALARS, set_relative_dark},
    {"one-chart", LEAT_PLOT_SCALARS, set_one_chart},
    {"wall-limits", LEAT_PLOT_SCALARS, set_wall_limits},
    {"histograms", LEAT_PLOT_HISTOGRAMS, NULL},
    {"overlay", LEAT_PLOT_OVERLAY, NULL},
    {"distributions", LEAT_PLOT_DISTRIBUTIONS, NULL},
    {"images", LEAT_PLOT_IMAGES, NULL},
    {"text", LEAT_PLOT_TEXT, NULL},
};

/* With LEAT_UPDATE_GOLDEN set the files are written anew: look at the difference before committing it. */
static void compare_golden(const char *name, const leat_buf *got)
{
    char relative[128];
    snprintf(relative, sizeof relative, "tests/viz/%s.trace", name);
    const char *path = check_source_path(relative);
    if (getenv("LEAT_UPDATE_GOLDEN")) {
        CHECK_OK(leat_file_replace(path, got->data, got->size, false));
        return;
    }
    leat_buf want = {0};
    REQUIRE_OK(leat_file_read_all(path, 0, &want));
    bool same = want.size == got->size && memcmp(want.data, got->data, got->size) == 0;
    CHECK(same);
    for (size_t i = 0, line = 1; !same && i < want.size && i < got->size; i++) {
        if (want.data[i] != got->data[i]) {
            printf("\n    %s differs from line %zu on\n", relative, line);
            break;
        }
        line += want.data[i] == '\n';
    }
    leat_buf_free(&want);
}

LEAT_TEST(plots_are_drawn_as_recorded)
{
    sample *s = small_log();
    for (size_t i = 0; i < LEAT_LEN(goldens); i++) {
        leat_plot_options o;
        leat_buf got = {0};
        leat_plot_options_init(&o);
        o.kind = goldens[i].kind;
        if (goldens[i].set)
            goldens[i].set(&o);
        if (CHECK_OK(sample_trace(sample_data(s), &o, LEAT_METRICS_FIXED, &got)))
            compare_golden(goldens[i].name, &got);
        leat_buf_free(&got);
    }
    sample_free(s);
}

/* ---- text: disjoint and inside ---- */

typedef struct text_box {
    leat_box b;
    const char *line;
} text_box;

/* Every line `text ... box=x,y,w,h` of one page. Returns the number of faults, and prints the first. */
static size_t text_faults(char *page, const char *what)
{
    static text_box boxes[8000];
    size_t n = 0, faults = 0;
    double w = 0, h = 0;
    for (char *line = strtok(page, "\n"); line; line = strtok(NULL, "\n")) {
        char *at = strstr(line, " box=");
        sscanf(line, "page %lf %lf", &w, &h);
        if (strncmp(line + strspn(line, " "), "text ", 5) != 0 || at == NULL || n == LEAT_LEN(boxes))
            continue;
        leat_box *b = &boxes[n].b;
        if (sscanf(at, " box=%lf,%lf,%lf,%lf", &b->x, &b->y, &b->w, &b->h) == 4)
            boxes[n++].line = line;
    }
    for (size_t i = 0; i < n; i++) {
        const leat_box *b = &boxes[i].b;
        if (b->x < -0.1 || b->y < -0.1 || b->x + b->w > w + 0.15 || b->y + b->h > h + 0.15) {
            if (faults++ == 0)
                printf("\n    %s: outside %gx%g: %s\n", what, w, h, boxes[i].line);
        }
        for (size_t k = i + 1; k < n; k++) {
            const leat_box *d = &boxes[k].b;
            double over_x = fmin(b->x + b->w, d->x + d->w) - fmax(b->x, d->x);
            double over_y = fmin(b->y + b->h, d->y + d->h) - fmax(b->y, d->y);
            if (over_x > 0.25 && over_y > 0.25 && faults++ == 0)
                printf("\n    %s: overlap by %gx%g:\n      %s\n      %s\n", what, over_x, over_y,
                       boxes[i].line, boxes[k].line);
        }
    }
    return faults + (n == 0 && w >= 200);
}

static size_t all_faults(leat_buf *b, const char *what)
{
    size_t faults = 0;
    char *page = b->data;
    while (page && *page) {
        char *next = strstr(page + 1, "\npage ");
        if (next)
            *next++ = '\0';
        faults += text_faults(page, what);
        page = next;
    }
    return faults;
}

static const char *const names[] = {
    "loss",
    "loss/train",
    "loss/valid",
    "accuracy",
    "损失/训练集",
    "متوسط الخسارة",
    "ความสูญเสีย",
    "हानि/प्रशिक्षण",
    "layer_17/kernel/Adam/a/very/long/tag/name/that/nobody/can/read/in/full/norm_2",
    "run-20170606090523",
    "x",
    "",
    "emoji 🎉 ok",
    "<script>alert(1)</script>",
    "a\x1b[31m red",
    "\xe2\x80\xaegnirts",
    "Ĉŭ ṧ̇̇̇̇̇̇ zalgo",
    "mlp/lr=0.01,seed=3",
    "seed=4",
    "seed=5",
    "ノルム",
    "\xff\xfe",
    "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
};

static double pick_value(uint64_t *seed, double scale)
{
    double u = sample_random(seed);
    if (u < 0.01)
        return NAN;
    if (u < 0.015)
        return u < 0.0125 ? INFINITY : -INFINITY;
    return (sample_random(seed) - 0.3) * scale;
}

static const char *pick_name(uint64_t *seed)
{
    return names[(size_t)(sample_random(seed) * LEAT_LEN(names))];
}

static void random_log(sample *s, uint64_t *seed)
{
    double values[200];
    size_t series = 1 + (size_t)(sample_random(seed) * 14);
    for (size_t i = 0; i < series; i++) {
        size_t n = 1 + (size_t)(sample_random(seed) * (sample_random(seed) < 0.3 ? 3 : 199));
        double scale = pow(10, floor(sample_random(seed) * (sample_random(seed) < 0.2 ? 600 : 20) - 10) -
                                   (i % 7 == 0 ? 250 : 0));
        for (size_t k = 0; k < n; k++)
            values[k] = pick_value(seed, scale);
        int64_t stride = (int64_t)pow(10, floor(sample_random(seed) * 10));
        sample_add_scalars(s, pick_name(seed), pick_name(seed), values, n, stride);
        sample_add_histograms(s, pick_name(seed), pick_name(seed), 1 + (size_t)(sample_random(seed) * 70));
        if (i % 4 == 0)
            sample_add_images(s, pick_name(seed), pick_name(seed), 1 + (size_t)(sample_random(seed) * 9),
                              1 + (uint32_t)(sample_random(seed) * 60),
                              1 + (uint32_t)(sample_random(seed) * 60), 2);
        sample_add_text(
            s, pick_name(seed), pick_name(seed),
            "一段很长的文字说明,没有空格所以必须在任何地方断行,直到最后一个字为止也不能超出页面的宽度。 "
            "Then words, and averyveryverylongwordthatdoesnotfitanywhereatallbecauseitissolong.\n\n- x\n- y");
    }
}

static void random_options(leat_plot_options *o, uint64_t *seed)
{
    leat_plot_options_init(o);
    o->kind = (leat_plot_kind)(sample_random(seed) * 6);
    if (sample_random(seed) < 0.4)
        o->kind = LEAT_PLOT_SCALARS;
    o->x_axis = (leat_x_axis)(sample_random(seed) * 3);
    o->log_x = o->x_axis != LEAT_X_WALL && sample_random(seed) < 0.2;
    o->log_y = sample_random(seed) < 0.25;
    o->one_chart = sample_random(seed) < 0.2;
    o->band = sample_random(seed) < 0.2 ? "seed" : NULL;
    o->keep_outliers = sample_random(seed) < 0.3;
    o->title = sample_random(seed) < 0.5 ? pick_name(seed) : NULL;
    o->xlabel = sample_random(seed) < 0.2 ? pick_name(seed) : NULL;
    o->ylabel = sample_random(seed) < 0.4 ? pick_name(seed) : NULL;
    if (sample_random(seed) < 0.6) {
        o->width = 120 + floor(sample_random(seed) * sample_random(seed) * 1500);
        o->height = 100 + floor(sample_random(seed) * sample_random(seed) * 1200);
    }
}

LEAT_TEST(text_never_overlaps_and_nothing_is_cut)
{
    for (uint64_t i = 1; i <= 200; i++) {
        uint64_t seed = i * 7919;
        sample *s = sample_new();
        leat_plot_options o;
        leat_buf b = {0};
        char what[64];
        random_log(s, &seed);
        random_options(&o, &seed);
        snprintf(what, sizeof what, "case %d, kind %d", (int)i, (int)o.kind);
        if (CHECK_OK(sample_trace(sample_data(s), &o, LEAT_METRICS_PANGO, &b)))
            CHECK(all_faults(&b, what) == 0);
        leat_buf_free(&b);
        sample_free(s);
    }
}

/* ---- files ---- */

static bool has_tool(const char *name)
{
    char command[100];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", name);
    return system(command) == 0;
}

/* Different colours, counted up to 3, in the middle of the picture. */
static void check_png(const char *path)
{
    leat_buf b = {0};
    leat_image image;
    REQUIRE_OK(leat_file_read_all(path, 0, &b));
    REQUIRE_OK(leat_image_decode(b.data, b.size, 100000000, &image));
    size_t n = (size_t)image.width * image.height, drawn = 0;
    for (size_t i = 0; i < n; i++)
        drawn += image.argb[i] != image.argb[0];
    CHECK(image.width >= 300 && image.height >= 100 && drawn > n / 500 && drawn < n);
    leat_free(image.argb);
    leat_buf_free(&b);
}

LEAT_TEST(every_kind_makes_files_that_readers_open)
{
    sample *s = small_log();
    const char *dir = check_temp_dir();
    bool xmllint = has_tool("xmllint"), pdftotext = has_tool("pdftotext");
    static const char *const tags[] = {"wild",           "layer1/weights", "layer1/weights",
                                       "layer1/weights", "digits",         "notes"};
    for (int kind = 0; kind < 6; kind++) {
        char path[256], command[600];
        leat_plot_options o;
        leat_plot_options_init(&o);
        o.kind = (leat_plot_kind)kind;
        snprintf(path, sizeof path, "%s/%d.png", dir, kind);
        if (CHECK_OK(leat_plot(path, sample_data(s), &o)))
            check_png(path);
        snprintf(path, sizeof path, "%s/%d.svg", dir, kind);
        CHECK_OK(leat_plot(path, sample_data(s), &o));
        snprintf(command, sizeof command, "xmllint --noout %s && grep -q '>%s</text>' %s", path, tags[kind],
                 path);
        CHECK(!xmllint || system(command) == 0);
        snprintf(path, sizeof path, "%s/%d.pdf", dir, kind);
        CHECK_OK(leat_plot(path, sample_data(s), &o));
        snprintf(command, sizeof command, "pdftotext %s - | grep -q %s", path, tags[kind]);
        CHECK(!pdftotext || system(command) == 0);
    }
    sample_free(s);
    if (!xmllint || !pdftotext)
        SKIP("no xmllint or no pdftotext");
}

LEAT_TEST(a_pdf_has_as_many_pages_as_it_needs)
{
    sample *s = sample_new();
    double v[2] = {1, 2};
    for (int i = 0; i < 60; i++) {
        char tag[32];
        snprintf(tag, sizeof tag, "tag%d", i);
        sample_add_scalars(s, "run", tag, v, 2, 1);
    }
    leat_plot_options o;
    leat_buf b = {0};
    leat_plot_options_init(&o);
    REQUIRE_OK(sample_trace(sample_data(s), &o, LEAT_METRICS_FIXED, &b));
    size_t pages = 0, titles = 0;
    for (char *p = b.data; (p = strstr(p, "page ")); p++)
        pages += p == b.data || p[-1] == '\n';
    for (int i = 0; i < 60; i++) {
        char text[32];
        snprintf(text, sizeof text, "\"tag%d\"\n", i);
        titles += strstr(b.data, text) != NULL;
    }
    CHECK(pages > 1 && titles == 60);
    leat_buf_free(&b);
    o.width = 160, o.height = 120; /* a trace has pages, a PNG one */
    char path[256];
    snprintf(path, sizeof path, "%s/small.svg", check_temp_dir());
    REQUIRE_OK(leat_plot(path, sample_data(s), &o));
    leat_buf svg = {0};
    REQUIRE_OK(leat_file_read_all(path, 0, &svg));
    CHECK(strstr(svg.data, "59 more: no room") != NULL);
    leat_buf_free(&svg);
    sample_free(s);
}

/* ---- what a log may hold to do harm ---- */

static bool holds_nan(const char *svg)
{
    static const char *const wrong[] = {"nan", "inf\"", "inf,", "inf ", "=\"-\""};
    for (size_t i = 0; i < LEAT_LEN(wrong); i++)
        if (strstr(svg, wrong[i]) != NULL)
            return true;
    return false;
}

/* BADINPUT 116, 117, 119, 120, 121, 123, 125: each as run, tag, title and labels, on linear and log axes. */
LEAT_TEST(hostile_names_and_values_are_drawn_harmless)
{
    static const struct {
        const char *name;
        double values[3];
        const char *shown; /* in the SVG */
    } rows[] = {
        {"<script>alert(1)</script>", {1, 2, 3}, "&lt;script&gt;alert(1)&lt;/script&gt;"},
        {"\" onmouseover=\"x' y", {1, 2, 3}, "&quot; onmouseover=&quot;x&#39; y"},
        {"a\x01\x02\x1f\x7f", {1, 2, 3}, "a\\x01\\x02\\x1f\\x7f"},
        {"javascript:alert(1)", {1, 2, 3}, ">javascript:alert(1)<"},
        {"\xe2\x80\xae"
         "gnp.exe",
         {1, 2, 3},
         ">gnp.exe<"},
        {"\x1b]0;title\x07", {1, 2, 3}, "\\x1b]0;title\\x07"},
        {"]]><!--", {1, 2, 3}, "]]&gt;&lt;!--"},
        {"huge", {-1e308, 1e308, 0}, ">huge<"},
        {"hugest", {1.7976931348623157e308, -1.7976931348623157e308, 1}, ">hugest<"},
        {"tiny", {4e-324, 8e-324, 12e-324}, ">tiny<"},
        {"near", {1e300, 1.0000000000000002e300, 1e300}, ">near<"},
        {"mixed", {1e-300, 1e300, 1}, ">mixed<"},
    };
    const char *dir = check_temp_dir();
    bool xmllint = has_tool("xmllint");
    for (size_t i = 0; i < 2 * LEAT_LEN(rows); i++) {
        const char *name = rows[i / 2].name;
        char path[256], command[400];
        sample *s = sample_new();
        leat_plot_options o;
        leat_buf svg = {0};
        leat_plot_options_init(&o);
        o.title = o.xlabel = o.ylabel = name;
        o.log_y = i % 2;
        sample_add_scalars(s, name, name, rows[i / 2].values, 3, INT64_MAX / 4);
        snprintf(path, sizeof path, "%s/%zu.svg", dir, i);
        if (CHECK_OK(leat_plot(path, sample_data(s), &o)) && CHECK_OK(leat_file_read_all(path, 0, &svg))) {
            CHECK(strstr(svg.data, rows[i / 2].shown) != NULL);
            CHECK(strstr(svg.data, "<script") == NULL && strstr(svg.data, "\" on") == NULL);
            CHECK(strpbrk(svg.data, "\x01\x02\x07\x1b\x7f") == NULL && leat_utf8_valid(svg.data, svg.size));
            CHECK(!holds_nan(svg.data));
        }
        snprintf(command, sizeof command, "xmllint --noout %s", path);
        CHECK(!xmllint || system(command) == 0);
        leat_buf_free(&svg);
        sample_free(s);
    }
}

/* BADINPUT 105. */
LEAT_TEST(very_many_tags_are_counted)
{
    enum { MANY = 30000 };
    static leat_scalar_series series[MANY];
    static char tags[MANY][16];
    static const int64_t step[2] = {0, 1};
    static const double wall[2] = {1, 2}, value[2] = {1, 3};
    for (int i = 0; i < MANY; i++) {
        snprintf(tags[i], sizeof tags[i], "t%d", i);
        series[i] = (leat_scalar_series){"run", tags[i], 2, step, wall, value};
    }
    leat_plot_data data = {.scalars = series, .n_scalars = MANY};
    char path[256];
    leat_buf svg = {0};
    snprintf(path, sizeof path, "%s/many.svg", check_temp_dir());
    REQUIRE_OK(leat_plot(path, &data, NULL));
    REQUIRE_OK(leat_file_read_all(path, 0, &svg));
    const char *more = strstr(svg.data, " more: no room");
    size_t shown = 0;
    for (const char *p = svg.data; (p = strstr(p, ">t")) != NULL; p++)
        shown += strncmp(p + 2 + strspn(p + 2, "0123456789"), "</text>", 7) == 0;
    while (more && more[-1] != '>')
        more--;
    CHECK(more != NULL && shown >= 6 && (size_t)atoi(more) == MANY - shown);
    leat_buf_free(&svg);
}

static void set_smoothing(leat_plot_options *o)
{
    o->smoothing = 1;
}
static void set_tag(leat_plot_options *o)
{
    o->tag = "(";
}
static void set_nothing(leat_plot_options *o)
{
    o->tag = "no such tag";
}
static void set_xlim(leat_plot_options *o)
{
    o->xlim[0] = 5, o->xlim[1] = 5;
}
static void set_log_limit(leat_plot_options *o)
{
    o->log_y = true, o->ylim[0] = 0;
}
static void set_log_dates(leat_plot_options *o)
{
    o->log_x = true, o->x_axis = LEAT_X_WALL;
}
static void set_width(leat_plot_options *o)
{
    o->width = 640;
}
static void set_tiny(leat_plot_options *o)
{
    o->width = 20, o->height = 20;
}
static void set_no_run(leat_plot_options *o)
{
    o->run = "nowhere";
}
static void set_kind(leat_plot_options *o)
{
    o->kind = (leat_plot_kind)99;
}

LEAT_TEST(wrong_options_are_named)
{
    static const struct {
        void (*set)(leat_plot_options *o);
        leat_status status;
        const char *message;
    } rows[] = {
        {set_smoothing, LEAT_ERR_INVALID_ARGUMENT, "smoothing 1"},
        {set_tag, LEAT_ERR_INVALID_ARGUMENT, "tag: '('"},
        {set_nothing, LEAT_ERR_NOT_FOUND, "of the wanted tags; there are "},
        {set_no_run, LEAT_ERR_NOT_FOUND, "no scalars of the wanted runs; there are a/seed-1, a/seed-2, b"},
        {set_xlim, LEAT_ERR_INVALID_ARGUMENT, "xlim"},
        {set_log_limit, LEAT_ERR_INVALID_ARGUMENT, "ylim"},
        {set_log_dates, LEAT_ERR_INVALID_ARGUMENT, "dates"},
        {set_width, LEAT_ERR_INVALID_ARGUMENT, "640x0"},
        {set_tiny, LEAT_ERR_INVALID_ARGUMENT, "20x20"},
        {set_kind, LEAT_ERR_INVALID_ARGUMENT, "kind 99"},
    };
    sample *s = small_log();
    char path[256];
    snprintf(path, sizeof path, "%s/x.svg", check_temp_dir());
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_plot_options o;
        leat_plot_options_init(&o);
        rows[i].set(&o);
        CHECK_FAILS(leat_plot(path, sample_data(s), &o), rows[i].status, rows[i].message);
        CHECK(leat_path_kind_of(path) == LEAT_PATH_ABSENT);
    }
    leat_plot_options zero = {0};
    CHECK_FAILS(leat_plot(path, sample_data(s), &zero), LEAT_ERR_INVALID_ARGUMENT, "leat_plot_options_init");
    CHECK_FAILS(leat_plot("plot.bmp", sample_data(s), NULL), LEAT_ERR_INVALID_ARGUMENT, "plot.bmp");
    CHECK_FAILS(leat_plot("/proc/nonexistent/dir/plot.svg", sample_data(s), NULL), LEAT_ERR_NOT_FOUND,
                "/proc/nonexistent");
    sample_free(s);
}

/* A smooth curve is shown whole, and so are the first few epochs; what would flatten the rest is left out, and said. */
LEAT_TEST(outliers_are_left_out_where_that_helps)
{
    enum { N = 200 };
    static const double epochs[] = {0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1};
    double fall[N], spike[N];
    for (int i = 0; i < N; i++) {
        fall[i] = 2 * exp(-3.0 * i / N) + 0.1;
        spike[i] = i == 100 ? 50 : fall[i];
    }
    for (size_t n = 3; n <= LEAT_LEN(epochs); n++) {
        sample *s = sample_new();
        leat_plot_options o;
        leat_buf b = {0};
        leat_plot_options_init(&o);
        o.smoothing = 0;
        sample_add_scalars(s, "r", "t", epochs, n, 1);
        REQUIRE_OK(sample_trace(sample_data(s), &o, LEAT_METRICS_FIXED, &b));
        CHECK(strstr(b.data, "the range") == NULL);
        leat_buf_free(&b);
        sample_free(s);
    }
    for (int k = 0; k < 2; k++) {
        sample *s = sample_new();
        leat_plot_options o;
        leat_buf b = {0};
        leat_plot_options_init(&o);
        o.smoothing = 0;
        sample_add_scalars(s, "r", "t", k ? spike : fall, N, 1);
        REQUIRE_OK(sample_trace(sample_data(s), &o, LEAT_METRICS_FIXED, &b));
        CHECK((strstr(b.data, "above the range") != NULL) == (k == 1));
        CHECK(strstr(b.data, "\"2.0\"") != NULL || k == 1);
        leat_buf_free(&b);
        sample_free(s);
    }
}

/* A run keeps its colour when others are hidden. */
LEAT_TEST(a_run_keeps_its_colour)
{
    sample *s = small_log();
    leat_plot_options o;
    leat_figure *all, *one;
    leat_plot_options_init(&o);
    REQUIRE_OK(leat_figure_new(&all, sample_data(s), &o));
    o.run = "^b$";
    REQUIRE_OK(leat_figure_new(&one, sample_data(s), &o));
    REQUIRE(all->n_keys == 3 && one->n_keys == 1);
    CHECK_STR(all->keys[2].label, "b");
    CHECK(all->keys[2].look.color == one->keys[0].look.color);
    leat_figure_free(all);
    leat_figure_free(one);
    sample_free(s);
}

LEAT_TEST(each_allocation_of_a_figure_may_fail)
{
    sample *s = small_log();
    for (int kind = 0; kind < 6; kind++)
        EACH_FAULT (f, LEAT_FAULT_ALLOC, ENOMEM) {
            leat_plot_options o;
            leat_buf b = {0};
            leat_plot_options_init(&o);
            o.kind = (leat_plot_kind)kind;
            o.band = "seed";
            fault_start(&f);
            leat_status status = sample_trace(sample_data(s), &o, LEAT_METRICS_FIXED, &b);
            CHECK(fault_end(&f) ? status == LEAT_ERR_NO_MEMORY : status == LEAT_OK && f.nth > 20);
            leat_buf_free(&b);
        }
    sample_free(s);
}
