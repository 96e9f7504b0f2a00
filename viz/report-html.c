/* The page of a report: plain HTML with pictures inside. Whatever comes from the log passes through leat_text_xml,
 * or is a file name made of letters. */
#include "viz/report-private.h"
#include "base/file-private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MOST_ROWS 5000u /* of the table of runs */

/* What the two themes give other values; the colours of runs come behind. */
static const char light_colors[] =
    ":root{--page:#fff;--ink:#202124;--muted:#5f6368;--line:#dadce0;--link:#1558b0;--alert:#c5221f";
static const char dark_colors[] =
    ":root{--page:#1e1f22;--ink:#e8eaed;--muted:#a8adb3;--line:#45484d;--link:#8ab4f8;--alert:#ff8a80";

static const char style[] =
    "*{box-sizing:border-box}html{scroll-behavior:smooth}\n"
    "body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 \"Liberation Sans\",Arial,Helvetica,sans-serif}\n"
    "main{max-width:1180px;margin:0 auto;padding:28px 20px 60px}\n"
    "h1{font-size:28px;line-height:1.2;margin:0 0 6px}h2{font-size:21px;margin:44px 0 10px;padding-top:10px;"
    "border-top:1px solid var(--line)}h3{font-size:16px;color:var(--muted);margin:26px 0 6px}\n"
    "a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}\n"
    "p.about,.note{color:var(--muted);margin:2px 0}.alert{color:var(--alert)}\n"
    "nav{columns:3 260px;column-gap:28px;margin:10px 0 0;font-size:14px}nav a{display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden;overflow-wrap:anywhere}\n"
    "nav b{display:block;margin-top:8px;break-after:avoid}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-size:14px;width:100%}\n"
    "th,td{padding:3px 0 3px 16px;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}\n"
    "th:first-child,td.first{padding-left:0}\n"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "td.name{overflow-wrap:anywhere;min-width:10em;max-width:420px}td.step{color:var(--muted)}\n"
    "td.date{white-space:nowrap}\n"
    "i.run{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:7px}\n"
    ".pictures{display:flex;flex-wrap:wrap;gap:20px 18px}\n"
    "figure{margin:0;max-width:100%}figure svg{max-width:100%;height:auto;display:block}\n"
    ".charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr))}"
    ".charts figure{max-width:640px}.charts svg{width:100%}\n"
    "figcaption{font-size:13px;color:var(--muted);padding:2px 14px 0;overflow-wrap:anywhere}figcaption a{margin-right:10px}\n"
    /* On a telephone pictures go from edge to edge, and of a summary the run and its values are left, under the
     * tag's name. */
    "@media screen and (max-width:600px){main{padding:18px 12px 40px}figure{margin:0 -12px;max-width:none}"
    "table{font-size:13px}td.name{min-width:0}.more{display:none}.values,.values thead,.values tbody{display:block}"
    ".values tr{display:grid;grid-template-columns:minmax(0,1fr) 5.8em 5.8em 5.8em;border-bottom:1px solid var(--line)}"
    ".values td,.values th{border:0;padding-left:6px}.values th:first-child{display:none}"
    ".values td.first{grid-column:1/-1;font-weight:bold;padding:6px 0 0}}\n"
    /* On paper no heading and no head of a table stays behind at the end of a page, and charts stand in pairs. */
    "@media print{nav{display:none}figure,thead{break-inside:avoid}h2,h3,.note{break-after:avoid}"
    "main{max-width:none;padding:0}.wide{overflow:visible}.charts{grid-template-columns:1fr 1fr}}\n";

/* ---- small pieces ---- */

static void put_number(leat_buf *b, double v, int digits)
{
    char text[LEAT_NUMBER_SIZE];
    leat_buf_puts(b, leat_format_number(text, v, digits));
}

static void put_integer(leat_buf *b, int64_t n)
{
    char text[LEAT_NUMBER_SIZE];
    leat_buf_puts(b, leat_format_count(text, n));
}

static void put_count(leat_buf *b, size_t n, const char *one, const char *many)
{
    put_integer(b, (int64_t)n);
    leat_buf_printf(b, " %s", n == 1 ? one : many);
}

static void put_time(leat_buf *b, double seconds)
{
    char text[32];
    struct tm tm;
    time_t s = (time_t)fmin(fmax(seconds, 0), 2.5e11);
    gmtime_r(&s, &tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    leat_buf_puts(b, isfinite(seconds) ? text : "unknown");
}

/* ---- runs ---- */

typedef struct run_facts {
    size_t tags, points;
    double first, last;
} run_facts;

static void add_facts(run_facts *r, const leat_found *s)
{
    r->tags++;
    r->points += s->points;
    if (s->first > 0 && isfinite(s->first)) /* 0: not told */
        r->first = fmin(r->first, s->first);
    if (s->last > 0 && isfinite(s->last))
        r->last = fmax(r->last, s->last);
}

/* Facts of one figure's runs, of all of its series, drawn or not. Figures number the runs alike, since they know the same
 * names. */
static void collect(const leat_figure *f, run_facts *runs, size_t n_runs)
{
    leat_found s;
    if (f == NULL || f->options.kind == LEAT_PLOT_HISTOGRAMS) /* which the distributions are, too */
        return;
    for (size_t i = 0; f->class->series(f->data, i, &s); i++) {
        size_t at = (size_t)(uintptr_t)leat_map_get(&f->run_index, s.run, strlen(s.run)) - 1;
        if (at < n_runs && s.points > 0)
            add_facts(&runs[at], &s);
    }
}

static void put_run_name(const leat_report_job *j, leat_buf *b, const leat_figure *f, size_t run)
{
    leat_buf_printf(b, "<i class=\"run\" style=\"background:var(--r%zu)\"></i>&#8288;",
                    run % j->theme.n_palette);
    leat_text_xml(b, f->runs[run]);
}

static const leat_figure *any_figure(const leat_report_job *j)
{
    for (size_t i = 0; i < LEAT_REPORT_SECTIONS; i++)
        if (j->figures[i])
            return j->figures[i];
    return NULL;
}

static leat_status put_runs(const leat_report_job *j, leat_buf *b)
{
    const leat_figure *f = any_figure(j);
    if (f == NULL || f->n_runs == 0)
        return LEAT_OK;
    run_facts *runs = leat_alloc_zero(f->n_runs, sizeof *runs);
    if (runs == NULL)
        return leat_fail_memory(f->n_runs * sizeof *runs);
    for (size_t i = 0; i < f->n_runs; i++)
        runs[i].first = INFINITY, runs[i].last = -INFINITY;
    for (size_t i = 0; i < LEAT_REPORT_SECTIONS; i++)
        collect(j->figures[i], runs, f->n_runs);
    leat_buf_puts(
        b,
        "<h2 id=\"runs\">Runs</h2>\n<div class=\"wide\"><table><thead><tr><th>Run</th><th class=\"n more\">Tags</th>"
        "<th class=\"n more\">Points</th><th>Began (UTC)</th><th class=\"n\">Took</th></tr></thead>\n");
    for (size_t i = 0; i < f->n_runs && i < MOST_ROWS; i++) {
        char took[LEAT_NUMBER_SIZE];
        bool timed = runs[i].last >= runs[i].first;
        leat_buf_puts(b, "<tr><td class=\"name first\">");
        put_run_name(j, b, f, i);
        leat_buf_puts(b, "</td><td class=\"n more\">");
        put_integer(b, (int64_t)runs[i].tags);
        leat_buf_puts(b, "</td><td class=\"n more\">");
        put_integer(b, (int64_t)runs[i].points);
        leat_buf_puts(b, "</td><td class=\"date\">");
        if (timed)
            put_time(b, runs[i].first);
        leat_buf_puts(b, "</td><td class=\"n\">");
        leat_buf_puts(b, timed ? leat_format_duration(took, runs[i].last - runs[i].first) : "");
        leat_buf_puts(b, "</td></tr>\n");
    }
    leat_buf_puts(b, "</table></div>\n");
    leat_free(runs);
    return LEAT_OK;
}

/* ---- summary ---- */

static void put_value(const leat_summary_row *r, leat_buf *b, double v, const char *before)
{
    char text[LEAT_NUMBER_SIZE];
    leat_buf_printf(b, "<td class=\"n\">%s%s</td>", before, leat_summary_number(r, text, v, 5));
}

static void put_step(leat_buf *b, int64_t step)
{
    leat_buf_puts(b, "<td class=\"n step more\">");
    put_integer(b, step);
    leat_buf_puts(b, "</td>");
}

static bool same_tag(const leat_summary_row *a, const leat_summary_row *b)
{
    return strcmp(a->series.tag, b->series.tag) == 0;
}

/* One cell for all runs of the tag. */
static void put_tag_cell(const leat_report_job *j, leat_buf *b, size_t first)
{
    size_t n = 1;
    while (first + n < j->n_rows && same_tag(&j->rows[first], &j->rows[first + n]))
        n++;
    leat_buf_puts(b, "<td class=\"name first\"");
    if (n > 1)
        leat_buf_printf(b, " rowspan=\"%zu\"", n);
    leat_buf_putc(b, '>');
    leat_text_xml(b, leat_shown_name(j->rows[first].series.tag));
    leat_buf_puts(b, "</td>");
}

static void put_more_rows(const leat_report_job *j, leat_buf *b)
{
    leat_buf_puts(b, "<p class=\"note\">and ");
    put_integer(b, (int64_t)(j->figures[0]->n_found - j->n_rows));
    leat_buf_puts(b, " more rows</p>\n");
}

static void put_summary(const leat_report_job *j, leat_buf *b)
{
    if (j->n_rows == 0)
        return;
    leat_buf_puts(
        b,
        "<h2 id=\"summary\">Summary</h2>\n<p class=\"note\">Best is the least value, or the greatest (▲) where a "
        "tag's name says that more is better. Smoothed: weight ");
    put_number(b, j->options.smoothing, 3);
    leat_buf_puts(
        b,
        ".</p>\n<div class=\"wide\"><table class=\"values\"><thead><tr><th>Tag</th><th>Run</th>"
        "<th class=\"n more\">Points</th><th class=\"n\">Last</th><th class=\"n more\">step</th>"
        "<th class=\"n\">Best</th><th class=\"n more\">step</th><th class=\"n\">Smoothed</th></tr></thead>\n");
    for (size_t i = 0; i < j->n_rows; i++) {
        const leat_summary_row *r = &j->rows[i];
        leat_buf_puts(b, "<tr>");
        if (i == 0 || !same_tag(r - 1, r))
            put_tag_cell(j, b, i);
        leat_buf_puts(b, "<td class=\"name\">");
        put_run_name(j, b, j->figures[0], r->run);
        leat_buf_puts(b, "</td><td class=\"n more\">");
        put_integer(b, (int64_t)r->series.n);
        leat_buf_puts(b, "</td>");
        put_value(r, b, r->last, "");
        put_step(b, r->last_step);
        if (r->finite > 0) {
            put_value(r, b, r->best, r->best_is_greatest ? "▲ " : "");
            put_step(b, r->best_step);
        } else
            leat_buf_puts(b, "<td class=\"n\">–</td><td class=\"more\"></td>");
        put_value(r, b, r->smoothed, "");
        leat_buf_puts(b, "</tr>\n");
    }
    leat_buf_puts(b, "</table></div>\n");
    if (j->figures[0]->n_found > j->n_rows)
        put_more_rows(j, b);
}

/* ---- contents and pictures ---- */

static void put_label(leat_buf *b, const leat_picture *p)
{
    leat_text_xml(b, leat_shown_name(p->tag));
    if (p->run == NULL)
        return;
    leat_buf_puts(b, " · ");
    leat_text_xml(b, p->run);
}

static void put_contents(const leat_report_job *j, leat_buf *b)
{
    const leat_report_section *section = NULL;
    leat_buf_puts(b, "<nav>\n<a href=\"#runs\">Runs</a>\n");
    if (j->n_rows > 0)
        leat_buf_puts(b, "<a href=\"#summary\">Summary</a>\n");
    for (size_t i = 0; i < j->n_pictures; i++) {
        const leat_picture *p = &j->pictures[i];
        if (p->section != section)
            leat_buf_printf(b, "<b><a href=\"#%s\">%s</a></b>\n", p->section->id, p->section->title);
        section = p->section;
        leat_buf_printf(b, "<a href=\"#%s\">", p->id);
        put_label(b, p);
        leat_buf_puts(b, "</a>\n");
    }
    leat_buf_puts(b, "</nav>\n");
}

/* The numbers of a picture within the page, for its reader to save. */
static leat_status put_numbers(leat_buf *b, const leat_picture *p, leat_sink *sink)
{
    const char *name = strrchr(p->file, '/');
    leat_buf rows = {0};
    leat_sink url = {.file = sink->file, .page = b};
    leat_buf_printf(b, "<figcaption><a download=\"%s.csv\" href=\"data:text/csv;charset=utf-8,",
                    name ? name + 1 : p->file);
    leat_status status = leat_csv_panel(p, &rows, &url);
    if (status == LEAT_OK)
        status = leat_sink_flush(&url, &rows, true);
    leat_buf_free(&rows);
    leat_buf_puts(b, "\">CSV</a></figcaption>\n");
    return status;
}

static leat_status put_picture(const leat_report_job *j, leat_buf *b, const leat_picture *p, leat_sink *sink)
{
    leat_status status = LEAT_OK;
    leat_buf_printf(b, "<figure id=\"%s\">\n", p->id);
    if (p->status == LEAT_OK)
        leat_buf_append(b, p->svg.data, p->svg.size);
    else {
        leat_buf_puts(b, "<p class=\"alert\">");
        put_label(b, p);
        leat_buf_puts(b, " could not be drawn: ");
        leat_text_xml(b, p->detail);
        leat_buf_puts(b, "</p>\n");
    }
    if (p->figure == NULL) {
        leat_buf_puts(b, "<figcaption>");
        put_label(b, p);
        leat_buf_puts(b, "</figcaption>\n");
    }
    if (j->dir && p->status == LEAT_OK) {
        leat_buf_printf(b, "<figcaption><a href=\"%s.png\">PNG</a><a href=\"%s.svg\">SVG</a>", p->file,
                        p->file);
        if (p->section->csv)
            leat_buf_printf(b, "<a href=\"%s.csv\">CSV</a>", p->file);
        leat_buf_puts(b, "</figcaption>\n");
    } else if (p->section->csv) {
        status = put_numbers(b, p, sink);
    }
    leat_buf_puts(b, "</figure>\n");
    return status == LEAT_OK ? leat_sink_flush(sink, b, false) : status;
}

static void begin_section(const leat_report_job *j, leat_buf *b, const leat_picture *first)
{
    const leat_report_section *s = first->section;
    size_t at = (size_t)(s - leat_report_sections), drawn = 0, missing = j->not_drawn[at];
    leat_buf_printf(b, "<h2 id=\"%s\">%s</h2>\n", s->id, s->title);
    if (missing == 0)
        return;
    for (const leat_picture *p = first; p < j->pictures + j->n_pictures && p->section == s; p++)
        drawn++;
    leat_buf_puts(b, "<p class=\"note\">The first ");
    put_integer(b, (int64_t)drawn);
    leat_buf_puts(b, " are drawn here; ");
    put_integer(b, (int64_t)missing);
    leat_buf_puts(b, " more are not");
    if (j->others[at])
        leat_buf_printf(b, ": their numbers are in a <a href=\"%s.csv\">CSV file</a>", j->others[at]);
    leat_buf_puts(b, ".</p>\n");
}

static bool same_group(const leat_picture *a, const leat_picture *b)
{
    size_t n = leat_tag_group(a->tag);
    return a->section == b->section && n == leat_tag_group(b->tag) && memcmp(a->tag, b->tag, n) == 0;
}

/* Names of groups help where few of the section's groups have one picture only. */
static bool wants_groups(const leat_report_job *j, size_t first)
{
    const leat_picture *p = j->pictures;
    size_t groups = 0, single = 0, n = j->n_pictures, i = first;
    for (; i < n && p[i].section == p[first].section; i++) {
        bool begins = i == first || !same_group(&p[i - 1], &p[i]),
             ends = i + 1 == n || !same_group(&p[i], &p[i + 1]);
        groups += begins;
        single += begins && ends;
    }
    return groups > 1 && 4 * single <= groups;
}

static void put_group(leat_buf *b, const leat_picture *p)
{
    size_t n = leat_tag_group(p->tag);
    char *name = leat_strndup(p->tag, n);
    if (name == NULL)
        b->failed = true;
    else if (n > 0) {
        leat_buf_puts(b, "<h3>");
        leat_text_xml(b, name);
        leat_buf_puts(b, "</h3>\n");
    }
    leat_free(name);
}

static leat_status put_pictures(leat_report_job *j, leat_buf *b, leat_sink *sink)
{
    bool groups = false;
    for (size_t i = 0; i < j->n_pictures; i++) {
        leat_picture *p = &j->pictures[i], *before = i > 0 ? p - 1 : NULL;
        bool section = before == NULL || before->section != p->section;
        if (section)
            groups = wants_groups(j, i);
        if (section || (groups && !same_group(before, p))) {
            leat_buf_puts(b, before ? "</div>\n" : "");
            if (section)
                begin_section(j, b, p);
            if (groups)
                put_group(b, p);
            leat_buf_printf(b, "<div class=\"pictures%s\">\n", p->section->rows > 0 ? " charts" : "");
        }
        LEAT_TRY(put_picture(j, b, p, sink));
        leat_buf_free(&p->svg);
    }
    leat_buf_puts(b, j->n_pictures > 0 ? "</div>\n" : "");
    return LEAT_OK;
}

static void put_about(const leat_report_job *j, leat_buf *b)
{
    const leat_figure *f = any_figure(j);
    leat_buf_puts(b, "<p class=\"about\">");
    put_count(b, f ? f->n_runs : 0, "run", "runs");
    leat_buf_puts(b, ", ");
    put_count(b, j->figures[0] ? j->figures[0]->n_panels + j->figures[0]->n_left_out : 0, "scalar tag",
              "scalar tags");
    leat_buf_puts(b, ", ");
    put_count(b, j->n_points, "point", "points");
    leat_buf_puts(b, "</p>\n");
    for (size_t i = 0; i < j->data->n_notes; i++) {
        leat_buf_puts(b, "<p class=\"note\">");
        leat_text_xml(b, j->data->notes[i]);
        leat_buf_puts(b, "</p>\n");
    }
    if (j->n_pictures == 0)
        leat_buf_puts(b, "<p class=\"alert\">The log holds nothing to draw.</p>\n");
}

static void put_colors(const leat_report_job *j, leat_buf *b, bool dark)
{
    leat_theme t =
        leat_theme_make(dark, j->options.safe_colors ? LEAT_PALETTE_SAFE : LEAT_PALETTE_TENSORBOARD);
    leat_buf_puts(b, dark ? dark_colors : light_colors);
    for (size_t i = 0; i < t.n_palette; i++)
        leat_buf_printf(b, ";--r%zu:#%06x", i, t.palette[i] >> 8);
    leat_buf_puts(b, "}\n");
}

/* On paper the page is light: the media rule is for screens. */
static leat_status put_style(const leat_report_job *j, leat_buf *b)
{
    leat_status status = LEAT_OK;
    leat_buf_puts(b, "<style>\n");
    put_colors(j, b, j->theme.dark);
    leat_buf_puts(b, style);
    if (j->both) {
        leat_buf_puts(b, "@media screen and (prefers-color-scheme:dark){\n");
        put_colors(j, b, true);
        status = leat_color_classes_put(&j->classes, b);
        leat_buf_puts(b, "}\n");
    }
    leat_buf_puts(b, "</style>\n");
    return status;
}

static leat_status put_head(const leat_report_job *j, leat_buf *b)
{
    leat_buf_printf(b,
                    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n"
                    "<meta name=\"color-scheme\" content=\"%s\"/>\n"
                    /* Nothing to run, nothing to fetch: a reader's browser holds the page to it. */
                    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                    "style-src 'unsafe-inline'; img-src data:\"/>\n"
                    "<meta name=\"generator\" content=\"Leat\"/>\n<title>",
                    j->both         ? "light dark"
                    : j->theme.dark ? "dark"
                                    : "light");
    leat_text_xml(b, leat_report_title(j));
    leat_buf_puts(b, "</title>\n");
    leat_status status = put_style(j, b);
    leat_buf_puts(b, "</head>\n<body>\n<main>\n<h1>");
    leat_text_xml(b, leat_report_title(j));
    leat_buf_puts(b, "</h1>\n");
    return status;
}

static leat_status put_page(leat_report_job *j, leat_buf *b, leat_sink *sink)
{
    LEAT_TRY(put_head(j, b));
    put_about(j, b);
    put_contents(j, b);
    LEAT_TRY(put_runs(j, b));
    put_summary(j, b);
    LEAT_TRY(put_pictures(j, b, sink));
    leat_buf_puts(b, "</main>\n</body>\n</html>\n");
    return leat_sink_flush(sink, b, true);
}

leat_status leat_report_html(leat_report_job *j, leat_file *to)
{
    leat_buf b = {0};
    leat_sink sink = {.file = to};
    leat_status status = put_page(j, &b, &sink);
    leat_buf_free(&b);
    return status;
}
