/* plot.c - `leat plot`: what log directories recorded, as a picture. */
#include "leat/viz.h"
#include "tools/tool-private.h"
#include <math.h>
#include <string.h>

struct plot_args {
    const char *out, *tag, *run, *band, *title, *xlabel, *ylabel, *xlim, *ylim, *size;
    int kind, x, theme, restarts, palette, outliers;
    double smooth, scale;
    bool log_x, log_y, together;
};

static const struct leat_option options[] = {
    {"output", 'o', "FILE", LEAT_BIND_FILE(struct plot_args, out), .required = true,
     .help = "write there; the suffix says the format: .svg, .png or .pdf"},
    {"kind", 0, NULL,
     LEAT_BIND_CHOICE(struct plot_args, kind, "scalars|histograms|overlay|distributions|images|text"),
     .initial = "scalars", .help = "what to draw; overlay: histograms on one another instead of behind"},
    {"tag", 0, "RE", LEAT_BIND_TEXT(struct plot_args, tag),
     .help = "tags in which this regular expression is found"},
    {"run", 0, "RE", LEAT_BIND_TEXT(struct plot_args, run),
     .help = "runs in which this regular expression is found"},
    {"smooth", 0, "W", LEAT_BIND_FLOAT(struct plot_args, smooth, 0, 0.999), .initial = "0.6",
     .help = "weight of the smoothing, as in TensorBoard; 0: none"},
    {"x", 0, NULL, LEAT_BIND_CHOICE(struct plot_args, x, "step|relative|wall"), .initial = "step",
     .help = "the horizontal axis: steps, time since the first point, or dates"},
    {"log-x", 0, NULL, LEAT_BIND_FLAG(struct plot_args, log_x), .help = "logarithmic horizontal axis"},
    {"log-y", 0, NULL, LEAT_BIND_FLAG(struct plot_args, log_y), .help = "logarithmic vertical axis"},
    {"xlim", 0, "A:B", LEAT_BIND_TEXT(struct plot_args, xlim),
     .help = "limits of the horizontal axis (steps, or seconds); either may be left out"},
    {"ylim", 0, "A:B", LEAT_BIND_TEXT(struct plot_args, ylim), .help = "limits of the vertical axis"},
    {"outliers", 0, NULL, LEAT_BIND_CHOICE(struct plot_args, outliers, "clip|show"), .initial = "clip",
     .help =
         "clip: each series' 5th to 95th percentile is shown, marks say where more is; show: every point is"},
    {"band", 0, "RE", LEAT_BIND_TEXT(struct plot_args, band),
     .help =
         "runs in which this is found become their mean with a band of one standard deviation; runs that differ in "
         "its first group are different lines"},
    {"together", 0, NULL, LEAT_BIND_FLAG(struct plot_args, together), .help = "all tags in one chart"},
    {"title", 0, "T", LEAT_BIND_TEXT(struct plot_args, title), .help = "title of the picture"},
    {"xlabel", 0, "T", LEAT_BIND_TEXT(struct plot_args, xlabel), .help = "label of the horizontal axis"},
    {"ylabel", 0, "T", LEAT_BIND_TEXT(struct plot_args, ylabel), .help = "label of the vertical axis"},
    {"size", 0, "WxH", LEAT_BIND_TEXT(struct plot_args, size),
     .help = "size in pixels (points in PDF), such as 640x400; else as large as the charts want"},
    {"scale", 0, "F", LEAT_BIND_FLOAT(struct plot_args, scale, 0.25, 16), .initial = "2",
     .help = "pixels of a PNG for each pixel of the size: 2 is sharp in print"},
    {"theme", 0, NULL, LEAT_BIND_CHOICE(struct plot_args, theme, "light|dark"), .initial = "light",
     .help = "background"},
    {"palette", 0, NULL, LEAT_BIND_CHOICE(struct plot_args, palette, "tensorboard|safe"),
     .initial = "tensorboard", .help = "colours of the runs; safe: colour-blind readers can tell them apart"},
    {"restarts", 0, NULL, LEAT_BIND_CHOICE(struct plot_args, restarts, "start|step|none"), .initial = "start",
     .help =
         "drop points that a restarted run superseded: as its START says, where steps go backwards, or never"},
};

/* "A:B", where either may be missing. */
static leat_status parse_limits(const char *name, const char *text, double limits[2])
{
    char part[2][64];
    if (text == NULL)
        return LEAT_OK;
    const char *colon = strchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : 0, m = colon ? strlen(colon + 1) : 0;
    if (colon == NULL || n >= sizeof part[0] || m >= sizeof part[1] || n + m == 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--%s=%s: not of the form A:B", name, text);
    memcpy(part[0], text, n);
    part[0][n] = '\0';
    memcpy(part[1], colon + 1, m + 1);
    for (int i = 0; i < 2; i++)
        if (part[i][0] != '\0' && (!leat_parse_f64(part[i], &limits[i]) || !isfinite(limits[i])))
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--%s=%s: '%s' is no finite number", name, text,
                             part[i]);
    return LEAT_OK;
}

static leat_status parse_size(const char *text, double *width, double *height)
{
    char copy[64];
    if (text == NULL)
        return LEAT_OK;
    const char *by = strchr(text, 'x');
    if (by && strlen(text) < sizeof copy) {
        strcpy(copy, text);
        copy[by - text] = '\0';
        if (leat_parse_f64(copy, width) && leat_parse_f64(copy + (by - text) + 1, height) && *width > 0 &&
            *height > 0)
            return LEAT_OK;
    }
    return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--size=%s: not of the form WIDTHxHEIGHT", text);
}

static leat_status plot(leat_tool *t, const struct plot_args *a)
{
    static const leat_plot_kind kinds[] = {LEAT_PLOT_SCALARS,       LEAT_PLOT_HISTOGRAMS, LEAT_PLOT_OVERLAY,
                                           LEAT_PLOT_DISTRIBUTIONS, LEAT_PLOT_IMAGES,     LEAT_PLOT_TEXT};
    leat_plot_options o;
    leat_plot_options_init(&o);
    o.kind = kinds[a->kind];
    o.tag = a->tag;
    o.run = a->run;
    o.smoothing = a->smooth;
    o.x_axis = (leat_x_axis)a->x;
    o.log_x = a->log_x;
    o.log_y = a->log_y;
    o.keep_outliers = a->outliers == 1;
    o.band = a->band;
    o.one_chart = a->together;
    o.title = a->title;
    o.xlabel = a->xlabel;
    o.ylabel = a->ylabel;
    o.scale = a->scale;
    o.theme = (leat_plot_theme)a->theme;
    o.safe_colors = a->palette == 1;
    LEAT_TRY(parse_limits("xlim", a->xlim, o.xlim));
    LEAT_TRY(parse_limits("ylim", a->ylim, o.ylim));
    LEAT_TRY(parse_size(a->size, &o.width, &o.height));
    return leat_plot_log(a->out, t->operands.items, t->operands.count, (leat_plot_restarts)a->restarts, &o);
}

static int run(leat_tool *t, const void *values)
{
    leat_status status = plot(t, values);
    return status == LEAT_OK ? LEAT_EXIT_OK : leat_tool_fail(t, status);
}

const struct leat_command leat_command_plot = LEAT_COMMAND(
    "plot", "LOGDIR...", "draw what log directories recorded", .min_operands = 1, .max_operands = SIZE_MAX,
    .details =
        "Scalars are drawn a chart a tag with a line a run, smoothed as in TensorBoard, what was smoothed away pale behind; "
        "every point counts, however many there are. A run keeps its colour when others are hidden.",
    LEAT_OPTIONS(options, struct plot_args), .run = run, .reads_logs = true);
