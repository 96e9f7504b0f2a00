/* export.c - `leat export`: all points of all runs, as CSV or JSON. */
#include <string.h>
#include "base/file-private.h"
#include "events/export-private.h"
#include "tools/tool-private.h"

typedef struct export_args {
    const char *out, *tag, *run;
    double smooth;
    bool json;
} export_args;

static const struct leat_option options[] = {
    {"output", 'o', "FILE.csv|json", LEAT_BIND_FILE(export_args, out), .initial = "-",
     .help =
         "the file to write, whose name says the format; -: standard output, as CSV unless --json says else"},
    {"json", 0, NULL, LEAT_BIND_FLAG(export_args, json), .help = "write JSON, whatever the file's name"},
    {"tag", 0, "RE", LEAT_BIND_TEXT(export_args, tag),
     .help = "only tags that match this regular expression"},
    {"run", 0, "RE", LEAT_BIND_TEXT(export_args, run),
     .help = "only runs that match this regular expression"},
    {"smooth", 0, "W", LEAT_BIND_FLOAT(export_args, smooth, 0, 0.999),
     .help = "add the scalars smoothed with this weight, as TensorBoard and leat plot draw them"},
};

struct content {
    leat_logdir *log;
    leat_export_options options;
    bool json;
};

static leat_status write_content(const struct content *c, leat_export_sink *sink, void *user)
{
    return c->json ? leat_logdir_export_json(c->log, &c->options, sink, user)
                   : leat_logdir_export_csv(c->log, &c->options, sink, user);
}

static leat_status append(void *file, const void *bytes, size_t n)
{
    return leat_file_write(file, bytes, n);
}

static leat_status write_file(void *content, leat_file *file)
{
    return write_content(content, append, file);
}

static leat_status choose_format(const export_args *a, bool *json)
{
    size_t n = strlen(a->out);
    bool by_name = n > 5 && strcmp(a->out + n - 5, ".json") == 0;
    *json = a->json || by_name;
    if (*json || strcmp(a->out, "-") == 0 || (n > 4 && strcmp(a->out + n - 4, ".csv") == 0))
        return LEAT_OK;
    return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: the name must end in .csv or .json", a->out);
}

/* Points that are missing since they could not be read are not passed over in silence. A last record that is not whole yet is no
 * damage: its writer may be alive. */
static void warn_of_damage(const leat_logdir *log)
{
    for (size_t i = 0; i < leat_logdir_runs(log); i++) {
        const leat_log_run *run = leat_logdir_run(log, i);
        if (run->n_damage > 0)
            leat_note(LEAT_LOG_WARNING, "%s:%llu: %s; %llu such %s in this run, the rest is written",
                      run->files[run->damage[0].file].path, (unsigned long long)run->damage[0].offset,
                      run->damage[0].reason, (unsigned long long)run->n_damage_found,
                      run->n_damage_found == 1 ? "place" : "places");
    }
}

static leat_status export(leat_tool *t, const export_args *a)
{
    const char *path = t->operands.items[0];
    struct content c = {
        .options = {
            .runs = a->run, .tags = a->tag, .smoothed = leat_given(t, "smooth"), .smoothing = a->smooth}};
    LEAT_TRY(choose_format(a, &c.json));
    LEAT_TRY(leat_logdir_open(&c.log, path, NULL));
    warn_of_damage(c.log);
    leat_status status;
    if (leat_logdir_runs(c.log) == 0)
        status = leat_fail(LEAT_ERR_NOT_FOUND, "%s: no event files found", path);
    else if (strcmp(a->out, "-") == 0)
        status = write_content(&c, leat_print_sink, t);
    else
        status = leat_file_replace_by(a->out, write_file, &c, false);
    leat_logdir_close(c.log);
    return status;
}

static int run(leat_tool *t, const void *values)
{
    leat_status status = export(t, values);
    /* What standard output refuses is reported once, when the tool ends. */
    return status == LEAT_OK || t->output_status != LEAT_OK ? LEAT_EXIT_OK : leat_tool_fail(t, status);
}

const struct leat_command leat_command_export = LEAT_COMMAND(
    "export", "LOGDIR [-o FILE]", "write all points of a log as CSV or JSON", .min_operands = 1,
    .max_operands = 1,
    .details =
        "CSV has a line for each point of a scalar. JSON has those by run and tag, and the histograms, images and "
        "audio (as base64), texts, other tensors and hyperparameters. Points that a restart superseded are "
        "left out, as TensorBoard does; what is damaged is told on standard error.",
    LEAT_OPTIONS(options, export_args), .run = run, .reads_logs = true);
