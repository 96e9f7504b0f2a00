/* The report: what it writes, that it can be read, and that nothing in a log becomes markup or a path. */
#include "check.h"
#include "faults.h"
#include "tests/viz/sample.h"
#include "base/file-private.h"
#include "profile/figures-private.h"
#include "viz/report-private.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two nodes, "a" and "b/c", of op NoOp; and one that ends early. */
static const char graph_def[] = "\x0a\x09\x0a\x01"
                                "a\x12\x04NoOp\x0a\x0b\x0a\x03"
                                "b/c\x12\x04NoOp";
static const char broken_graph[] = "\x0a\x7f\x0a";

static sample *odd_log(void)
{
    static const double loss[] = {4, 2, 1, 0.5, 0.25}, accuracy[] = {0.1, 0.9, 0.8, NAN},
                        none[] = {NAN, INFINITY};
    sample *s = sample_new();
    sample_add_scalars(s, "train", "loss", loss, 5, 10);
    sample_add_scalars(s, "=cmd|'/c calc'!A0", "loss", loss, 5, 10);
    sample_add_scalars(s, "train", "eval/accuracy", accuracy, 4, 100);
    sample_add_scalars(s, "train", "../../etc/passwd", none, 2, 1);
    sample_add_scalars(s, "train", "<script>alert('x')</script>", loss, 5, 1);
    sample_add_scalars(s, "train", "Loss", loss, 5, 1);
    sample_add_scalars(s, "train", "损失", loss, 5, 1);
    sample_add_histograms(s, "train", "weights", 4);
    sample_add_images(s, "train", "digits", 3, 5, 5, 1);
    sample_add_text(s, "train", "notes", "javascript:alert(1) ]]> --> \" onload=\"x");
    return s;
}

static leat_report_data report_data(sample *s)
{
    static const leat_report_blob graphs[] = {{"train", NULL, graph_def, sizeof graph_def - 1},
                                              {"other", NULL, graph_def, sizeof graph_def - 1},
                                              {"broken", NULL, broken_graph, sizeof broken_graph - 1}};
    static const char *const notes[] = {"train: 3 points dropped at a restart"};
    return (leat_report_data){
        .plots = *sample_data(s), .graphs = graphs, .n_graphs = 3, .notes = notes, .n_notes = 1};
}

static bool shell(const char *format, const char *path)
{
    char command[700];
    snprintf(command, sizeof command, format, path);
    return system(command) == 0;
}

static char *read_text(const char *dir, const char *name)
{
    char path[300];
    leat_buf b = {0};
    snprintf(path, sizeof path, "%s/%s", dir, name);
    leat_buf_puts(&b, "");
    return leat_file_read_all(path, 0, &b) == LEAT_OK ? b.data : NULL;
}

/* Nothing of the log is markup, and nothing comes from elsewhere. */
static void check_page(const char *html)
{
    REQUIRE(html != NULL);
    CHECK(strstr(html, "<script") == NULL && strstr(html, "&lt;script&gt;alert(") != NULL);
    CHECK(strstr(html, "href=\"javascript") == NULL && strstr(html, "\" onload") == NULL);
    for (const char *p = html; (p = strstr(p, "http")); p++)
        CHECK(strncmp(p, "http://www.w3.org/", 18) == 0 /* name spaces */ ||
              strncmp(p, "http-equiv=", 11) == 0);
    CHECK(strstr(html, "content=\"default-src 'none'; ") != NULL);
    CHECK(strstr(html, "train: 3 points dropped at a restart") != NULL);
    CHECK(strstr(html, "could not be drawn") != NULL); /* the broken graph */
    CHECK(strstr(html, "▲ 0.9<") != NULL);
}

LEAT_TEST(a_report_directory_is_complete)
{
    static const char *const files[] = {
        "index.html",
        "scalars/loss.2.png",
        "scalars/loss.2.svg",
        "scalars/loss.2.csv",
        "scalars/Loss.csv",
        "scalars/eval_accuracy.csv",
        "scalars/_._.._etc_passwd.csv",
        "histograms/weights.train.csv",
        "images/digits.train.png",
        "text/notes.train.svg",
        "graphs/graph.train.svg",
        "distributions/weights.train.png",
    };
    sample *s = odd_log();
    leat_report_data data = report_data(s);
    char dir[200], path[300];
    snprintf(dir, sizeof dir, "%s/deep/report", check_temp_dir());
    REQUIRE_OK(leat_report(dir, &data, NULL));
    for (size_t i = 0; i < LEAT_LEN(files); i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        bool there = leat_path_kind_of(path) == LEAT_PATH_FILE;
        CHECK(there);
        if (!there)
            printf("\n    no %s\n", files[i]);
    }
    char *html = read_text(dir, "index.html"), *csv = read_text(dir, "scalars/loss.2.csv");
    check_page(html);
    CHECK(html && strstr(html, "href=\"scalars/loss.2.csv\"") != NULL);
    REQUIRE(csv != NULL);
    CHECK(strncmp(csv, "run,step,wall_time,value\n'=cmd|'/c calc'!A0,0,1496739923,4\n", 59) == 0);
    CHECK(strstr(csv, "\ntrain,10,1496739925.5,2\n") != NULL);
    leat_free(html);
    leat_free(csv);
    char *png = read_text(dir, "scalars/loss.2.png");
    CHECK(png != NULL);
    leat_free(png);
    if (!shell("command -v xmllint >/dev/null 2>&1%s", ""))
        SKIP("no xmllint");
    CHECK(shell("xmllint --noout %s/index.html", dir));
    CHECK(shell("for f in $(find %s -name '*.svg'); do xmllint --noout $f || exit 1; done", dir));
    /* Twice into the same place. */
    CHECK_OK(leat_report(dir, &data, NULL));
    sample_free(s);
}

LEAT_TEST(a_report_is_one_file)
{
    sample *s = odd_log();
    leat_report_data data = report_data(s);
    leat_report_options o;
    leat_report_options_init(&o);
    o.theme = LEAT_THEME_DARK;
    o.title = "Runs & <more>";
    const char *dir = check_temp_dir();
    char path[200];
    snprintf(path, sizeof path, "%s/report.html", dir);
    REQUIRE_OK(leat_report(path, &data, &o));
    char *html = read_text(dir, "report.html");
    check_page(html);
    CHECK(html && strstr(html, "<h1>Runs &amp; &lt;more&gt;</h1>") != NULL);
    CHECK(html && strstr(html, "<thead><tr><th>Run</th>") && strstr(html, "<thead><tr><th>Tag</th>"));
    CHECK(html && strstr(html, "data:image/png;base64,") != NULL);
    CHECK(html &&
          strstr(html, "<a download=\"loss.2.csv\" href=\"data:text/csv;charset=utf-8,run,step,wall_time,"
                       "value%0A%27%3Dcmd%7C%27/c%20calc%27%21A0,0,1496739923,4%0A") != NULL);
    CHECK(html && strstr(html, "<a download=\"weights.train.csv\" href=") != NULL);
    leat_free(html);
    snprintf(path, sizeof path, "%s/report.pdf", dir);
    REQUIRE_OK(leat_report(path, &data, &o));
    sample_free(s);
    if (!shell("command -v pdftotext >/dev/null 2>&1%s", ""))
        SKIP("no pdftotext");
    static const char *const words[] = {"eval/accuracy", "weights", "digits", "notes", "Summary", "损失"};
    for (size_t i = 0; i < LEAT_LEN(words); i++) {
        char command[600];
        snprintf(command, sizeof command, "pdftotext %s - | grep -q '%s'", path, words[i]);
        CHECK(system(command) == 0);
    }
}

/* Names that the columns of a document's summary would cut have room on lines of their own, and the outline says which
 * chapter a page belongs to. */
LEAT_TEST(a_document_tells_long_names_apart)
{
    static const struct {
        const char *tag, *run, *found;
    } rows[] = {{"loss", "a", "^loss$"},
                {"layer/validation/mean_average_precision", "a", "^layer/validation/mean_average_precision$"},
                {"loss", "experiment-of-friday/seed-1", "^experiment-of-friday/seed-1$"}};
    const char *dir = check_temp_dir();
    if (!shell("command -v pdftotext >/dev/null 2>&1%s", ""))
        SKIP("no pdftotext");
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        static const double v[] = {1, 2};
        sample *s = sample_new();
        sample_add_scalars(s, rows[i].run, rows[i].tag, v, 2, 1);
        leat_report_data data = {.plots = *sample_data(s)};
        char path[200], command[500];
        snprintf(path, sizeof path, "%s/%zu.pdf", dir, i);
        CHECK_OK(leat_report(path, &data, NULL));
        snprintf(command, sizeof command, "pdftotext -f 2 -l 2 %s - | grep -q '%s'", path, rows[i].found);
        CHECK(system(command) == 0);
        snprintf(command, sizeof command, "grep -aq '/Title (Scalars: %s)' %s", rows[i].tag, path);
        CHECK(system(command) == 0);
        sample_free(s);
    }
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = text; at && (at = strstr(at, what)); at++)
        n++;
    return n;
}

/* The picture in light colours, with a dark page's wherever a class says so: what --theme dark draws. Both as text. */
static char *darken(const char *page, const char *rules)
{
    leat_buf b = {0};
    const char *at = page, *class;
    while ((class = strstr(at, " class=\"")) != NULL) {
        const char *end = strchr(class + 8, '"'), *tag = class;
        while (tag > at && *tag != '<')
            tag--;
        bool colored = (class[8] == 'f' || class[8] == 's') && class[9] != 'c';
        leat_buf_append(&b, at, (size_t)(tag - at));
        leat_buf_append(&b, tag, (size_t)((colored ? class : end + 1) - tag));
        for (const char *name = class + 8; colored && name < end; name += strcspn(name, " \"") + 1) {
            char rule[64];
            snprintf(rule, sizeof rule, "\n.%.*s{", (int)strcspn(name, " \""), name);
            const char *found = strstr(rules, rule);
            if (CHECK(found != NULL))
                leat_buf_printf(&b, " [%.*s]", (int)strcspn(found + strlen(rule), "}"), found + strlen(rule));
        }
        at = end + 1;
    }
    leat_buf_puts(&b, at);
    return b.data;
}

/* Every picture of a page without --theme is told apart in nothing but colours, and each dark colour is --theme dark's. */
LEAT_TEST(a_page_follows_its_readers_theme)
{
    sample *s = odd_log();
    leat_report_data data = report_data(s);
    leat_report_options o;
    leat_report_options_init(&o);
    const char *dir = check_temp_dir();
    char path[300], *pages[3];
    static const leat_plot_theme themes[3] = {LEAT_THEME_LIGHT, LEAT_THEME_DARK, LEAT_THEME_AUTO};
    CHECK(o.theme == LEAT_THEME_AUTO);
    for (int i = 0; i < 3; i++) {
        o.theme = themes[i];
        snprintf(path, sizeof path, "%s/%d.html", dir, i);
        REQUIRE_OK(leat_report(path, &data, &o));
        snprintf(path, sizeof path, "%d.html", i);
        pages[i] = read_text(dir, path);
        REQUIRE(pages[i] != NULL);
        CHECK((strstr(pages[i], "prefers-color-scheme") != NULL) == (themes[i] == LEAT_THEME_AUTO));
        for (const char *at = pages[i]; (at = strstr(at, "<svg")) != NULL; at++) {
            const char *ground = strstr(at, "class=\"f1e1f22\"");
            CHECK((ground != NULL && ground < strstr(at, "</svg>")) == (themes[i] == LEAT_THEME_AUTO));
        }
    }
    CHECK(count(pages[0], "<svg") == count(pages[2], "<svg") && count(pages[0], "<svg") > 5);
    /* Each colour of the dark page stands in a rule, and no rule sets a colour that it has not. */
    char *marked = darken(strstr(pages[2], "<body>"), strstr(pages[2], "@media screen"));
    CHECK(count(marked, " [fill:#1e1f22;fill-opacity:1]") == count(pages[1], "fill=\"#1e1f22\""));
    CHECK(count(marked, "[fill:#e8eaed;") == count(strstr(pages[1], "<body>"), "fill=\"#e8eaed\""));
    CHECK(count(marked, "[stroke:#34363a;") == count(strstr(pages[1], "<body>"), "stroke=\"#34363a\""));
    leat_free(marked);
    for (int i = 0; i < 3; i++)
        leat_free(pages[i]);
    sample_free(s);
}

LEAT_TEST(an_empty_log_has_a_report_that_says_so)
{
    leat_report_data data = {0};
    const char *dir = check_temp_dir();
    char path[200];
    snprintf(path, sizeof path, "%s/empty", dir);
    REQUIRE_OK(leat_report(path, &data, NULL));
    char *html = read_text(path, "index.html");
    CHECK(html && strstr(html, "holds nothing to draw") != NULL);
    leat_free(html);
    snprintf(path, sizeof path, "%s/empty.pdf", dir);
    CHECK_OK(leat_report(path, &data, NULL));
}

LEAT_TEST(what_is_too_much_is_named)
{
    sample *s = sample_new();
    double v[2] = {1, 2};
    for (int i = 0; i < 30; i++) {
        char tag[32];
        snprintf(tag, sizeof tag, "t%d", i);
        sample_add_scalars(s, "run", tag, v, 2, 1);
    }
    leat_report_data data = {.plots = *sample_data(s)};
    leat_report_options o;
    leat_report_options_init(&o);
    o.max_pictures = 7;
    const char *dir = check_temp_dir();
    char path[200];
    snprintf(path, sizeof path, "%s/r.html", dir);
    REQUIRE_OK(leat_report(path, &data, &o));
    char *html = read_text(dir, "r.html");
    CHECK(html && strstr(html, "The first 7 are drawn here; 23 more are not.") != NULL);
    leat_free(html);
    snprintf(path, sizeof path, "%s/r", dir); /* where the numbers of the others have a file */
    REQUIRE_OK(leat_report(path, &data, &o));
    html = read_text(path, "index.html");
    CHECK(html &&
          strstr(html, "23 more are not: their numbers are in a <a href=\"scalars/others.csv\">") != NULL);
    leat_free(html);
    char *rows = read_text(path, "scalars/others.csv");
    size_t lines = 0;
    for (const char *at = rows; at && *at; at++)
        lines += *at == '\n';
    CHECK(rows && strncmp(rows, "run,tag,step,wall_time,value\n", 29) == 0);
    CHECK(lines == 1 + 23 * 2);
    leat_free(rows);
    o.smoothing = 2;
    CHECK_FAILS(leat_report(path, &data, &o), LEAT_ERR_INVALID_ARGUMENT, "smoothing 2");
    sample_free(s);
}

/* A message field: number and bytes, or number and varint (below 128 x 128). */
static void put_bytes(leat_buf *b, int number, const void *data, size_t n)
{
    leat_buf_putc(b, (char)(number << 3 | 2));
    leat_buf_putc(b, (char)((n & 0x7f) | 0x80));
    leat_buf_putc(b, (char)(n >> 7));
    leat_buf_append(b, data, n);
}

static void put_varint(leat_buf *b, int number, unsigned value)
{
    leat_buf_putc(b, (char)(number << 3));
    leat_buf_putc(b, (char)((value & 0x7f) | 0x80));
    leat_buf_putc(b, (char)(value >> 7));
}

/* RunMetadata of one device: ops of name, start and duration in microseconds, thread. */
static void put_metadata(leat_buf *out, const char *device, const unsigned (*ops)[3], size_t n)
{
    leat_buf stats = {0}, step = {0};
    put_bytes(&stats, 1, device, strlen(device));
    for (size_t i = 0; i < n; i++) {
        leat_buf node = {0};
        put_bytes(&node, 1, "node", 4);
        put_varint(&node, 2, ops[i][0]);
        put_varint(&node, 5, ops[i][1]);
        put_varint(&node, 10, ops[i][2]);
        put_bytes(&node, 8, "node = MatMul(a, b)", 19);
        put_bytes(&stats, 2, node.data, node.size);
        leat_buf_free(&node);
    }
    put_bytes(&step, 1, stats.data, stats.size);
    put_bytes(out, 1, step.data, step.size);
    leat_buf_free(&stats);
    leat_buf_free(&step);
}

LEAT_TEST(timings_come_to_stand_in_lanes)
{
    static const unsigned apart[][3] = {{100, 10, 1}, {105, 10, 2}, {110, 5, 1}};
    static const unsigned together[][3] = {{100, 10, 0}, {105, 10, 0}, {112, 5, 0}};
    for (int k = 0; k < 2; k++) {
        leat_buf b = {0};
        leat_step_record *p;
        put_metadata(&b, "/device:CPU:0", k == 0 ? apart : together, 3);
        REQUIRE_OK(leat_step_record_read(&p, b.data, b.size));
        const leat_profile_step *t = leat_step_record_step(p);
        CHECK(t->n_spans == 3 && t->n_workers == 2 && t->n_nodes == 1);
        CHECK_STR(t->nodes[0].op, "MatMul");
        CHECK_STR(t->nodes[0].inputs, "a, b");
        for (size_t i = 0; i < t->n_spans; i++) {
            CHECK(t->spans[i].start_ns >= 0 && t->spans[i].end_ns <= 17000);
            CHECK(t->spans[i].worker == (t->spans[i].start_ns == 5000));
        }
        leat_step_record_free(p);
        for (size_t n = 0; n < b.size; n++) { /* cut anywhere: an error or fewer events, nothing worse */
            leat_status status = leat_step_record_read(&p, b.data, n);
            CHECK(status == LEAT_OK || status == LEAT_ERR_DATA_LOSS);
            if (status == LEAT_OK)
                leat_step_record_free(p);
        }
        leat_buf_free(&b);
    }
}

LEAT_TEST(a_traced_step_has_its_timeline)
{
    static const unsigned ops[][3] = {{100, 10, 1}, {105, 10, 2}, {110, 5, 1}};
    sample *s = odd_log();
    leat_report_data data = report_data(s);
    leat_buf b = {0};
    put_metadata(&b, "/device:CPU:0", ops, 3);
    leat_report_blob metadata[2] = {{"train", "step_100", b.data, b.size},
                                    {"other", "step_1", "\x0a\x7f", 2}};
    data.run_metadata = metadata;
    data.n_run_metadata = 2;
    const char *dir = check_temp_dir();
    char path[200];
    snprintf(path, sizeof path, "%s/r", dir);
    REQUIRE_OK(leat_report(path, &data, NULL));
    char *svg = read_text(path, "profiles/step_100.train.svg"), *html = read_text(path, "index.html");
    CHECK(svg && strstr(svg, "MatMul") != NULL);
    CHECK(html && strstr(html, "step_1 · other could not be drawn") != NULL);
    leat_free(svg);
    leat_free(html);
    snprintf(path, sizeof path, "%s/r.pdf", dir);
    CHECK_OK(leat_report(path, &data, NULL));
    leat_buf_free(&b);
    sample_free(s);
}

LEAT_TEST(tags_tell_what_is_better)
{
    static const struct {
        const char *tag;
        bool more;
    } rows[] = {{"loss", false},
                {"eval/accuracy", true},
                {"val_acc", true},
                {"Accuracy_1", true},
                {"accident", false},
                {"MSE", false},
                {"mean_reward", true},
                {"", false},
                {"acc1", true},
                {"valAccuracy", true},
                {"metrics/mAP50", true},
                {"f1", true},
                {"f2", false},
                {"precision_loss", false},
                {"WordErrorScore", false},
                {"top-5 err", false}};
    for (size_t i = 0; i < LEAT_LEN(rows); i++)
        CHECK(leat_more_is_better(rows[i].tag) == rows[i].more);
}

/* A tag's values have the same decimals, no more than tell something; values too far apart each their own. */
LEAT_TEST(values_of_a_tag_stand_below_one_another)
{
    static const struct {
        double last[3];
        const char *cells[3];
    } rows[] = {{{0.5, 0.25, 0.046128}, {"0.50000", "0.25000", "0.04613"}},
                {{3, 20, 150}, {"3", "20", "150"}},
                {{1.5, NAN, 2.25}, {"1.50", "NaN", "2.25"}},
                {{1.25e-5, 0.1, 3000}, {"1.25×10⁻⁵", "0.1", "3000"}}};
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        sample *s = sample_new();
        for (int run = 0; run < 3; run++)
            sample_add_scalars(s, run == 0 ? "a" : run == 1 ? "b" : "c", "t", &rows[i].last[run], 1, 1);
        leat_report_data data = {.plots = *sample_data(s)};
        char path[200];
        const char *dir = check_temp_dir();
        snprintf(path, sizeof path, "%s/values.html", dir);
        REQUIRE_OK(leat_report(path, &data, NULL));
        char *html = read_text(dir, "values.html");
        const char *at = html ? strstr(html, "id=\"summary\"") : NULL;
        for (int run = 0; run < 3 && CHECK(at != NULL); run++) {
            char cell[80];
            snprintf(cell, sizeof cell, "</td><td class=\"n\">%s</td><td class=\"n step", rows[i].cells[run]);
            at = strstr(at, cell);
        }
        CHECK(at != NULL);
        leat_free(html);
        sample_free(s);
    }
}

/* Each operation fails once: an error that says so, and no leak. */
LEAT_TEST(each_failure_of_a_report_is_reported)
{
    static const struct {
        leat_fault_kind kind;
        int error;
    } faults[] = {{LEAT_FAULT_ALLOC, ENOMEM},
                  {LEAT_FAULT_OPEN, EACCES},
                  {LEAT_FAULT_WRITE, ENOSPC},
                  {LEAT_FAULT_RENAME, EIO},
                  {LEAT_FAULT_CLOSE, EIO}};
    static const double loss[] = {4, 2, 1};
    sample *s = sample_new();
    sample_add_scalars(s, "train", "loss", loss, 3, 10);
    sample_add_images(s, "train", "digits", 1, 5, 5, 1);
    leat_report_data data = {.plots = *sample_data(s)};
    leat_report_options o;
    leat_report_options_init(&o);
    o.threads = 1;
    const char *dir = check_temp_dir();
    char path[200];
    for (int target = 0; target < 3; target++) {
        static const char *const names[] = {"report", "report.html", "report.pdf"};
        snprintf(path, sizeof path, "%s/%s", dir, names[target]);
        for (size_t i = 0; i < LEAT_LEN(faults); i++)
            EACH_FAULT (f, faults[i].kind, faults[i].error) {
                fault_start(&f);
                leat_status status = leat_report(path, &data, &o);
                CHECK(fault_end(&f) ? status != LEAT_OK && leat_message()[0] != '\0' : status == LEAT_OK);
                if (f.fired && status == LEAT_OK)
                    printf("\n    %s: failure %zu, number %llu is not told", names[target], i,
                           (unsigned long long)f.nth);
            }
    }
    sample_free(s);
}
