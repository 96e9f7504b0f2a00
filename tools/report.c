/* report.c - `leat report`: everything in log directories as pages that need no server. */
#include "leat/viz.h"
#include "tools/tool-private.h"

struct report_args {
    const char *out, *title;
    int theme, palette, restarts;
    int64_t threads, max_pictures;
    double smooth;
};

static const struct leat_option options[] = {
    {"output", 'o', "PATH", LEAT_BIND_FILE(struct report_args, out), .required = true,
     .help = "a directory for index.html and a picture of each tag; or one FILE.html; or a FILE.pdf"},
    {"title", 0, "T", LEAT_BIND_TEXT(struct report_args, title), .help = "title of the report"},
    {"smooth", 0, "W", LEAT_BIND_FLOAT(struct report_args, smooth, 0, 0.999), .initial = "0.6",
     .help = "weight of the smoothing, as in TensorBoard; 0: none"},
    {"theme", 0, NULL, LEAT_BIND_CHOICE(struct report_args, theme, "light|dark|auto"), .initial = "auto",
     .help = "background; auto: of pages as their reader's browser is set, of PDF and picture files light"},
    {"palette", 0, NULL, LEAT_BIND_CHOICE(struct report_args, palette, "tensorboard|safe"),
     .initial = "tensorboard", .help = "colours of the runs; safe: colour-blind readers can tell them apart"},
    {"restarts", 0, NULL, LEAT_BIND_CHOICE(struct report_args, restarts, "start|step|none"),
     .initial = "start",
     .help =
         "drop points that a restarted run superseded: as its START says, where steps go backwards, or never"},
    {"max-pictures", 0, "N", LEAT_BIND_INT(struct report_args, max_pictures, 0, 1000000), .initial = "0",
     .help = "draw so many of each kind at most and say how many are not; 0: 500, or 50 of more than 10000"},
    {"threads", 0, "N", LEAT_BIND_INT(struct report_args, threads, 0, 1024), .initial = "0",
     .help = "draw on so many threads; 0: one for each processor"},
};

static int run(leat_tool *t, const void *values)
{
    const struct report_args *a = values;
    leat_report_options o;
    leat_report_options_init(&o);
    o.title = a->title;
    o.smoothing = a->smooth;
    o.theme = (leat_plot_theme)a->theme;
    o.safe_colors = a->palette == 1;
    o.threads = (int)a->threads;
    o.max_pictures = (size_t)a->max_pictures;
    leat_status status =
        leat_report_log(a->out, t->operands.items, t->operands.count, (leat_plot_restarts)a->restarts, &o);
    return status == LEAT_OK ? LEAT_EXIT_OK : leat_tool_fail(t, status);
}

const struct leat_command leat_command_report = LEAT_COMMAND(
    "report", "LOGDIR...", "write a report of log directories", .min_operands = 1, .max_operands = SIZE_MAX,
    .details =
        "The report has a summary (the last, best and smoothed value of each tag by run), charts, distributions, histograms, "
        "images, texts and graphs. It needs no script and nothing from the network. A directory also gets, for each tag, "
        "its picture as PNG and SVG and its numbers as CSV; one HTML file holds the numbers, too, behind its links.",
    LEAT_OPTIONS(options, struct report_args), .run = run, .reads_logs = true);
