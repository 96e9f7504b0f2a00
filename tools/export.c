/* export.c - `leat export`: all points of all runs, as CSV or JSON. */
#include <string.h>
#include "base/file-private.h"
#include "events/export-private.h"
#include "tools/tool-private.h"

typedef struct export_args {
    const char *out, *tag, *run;
} export_args;

static const struct leat_option options[] = {
    {"output", 'o', "FILE.csv|json", LEAT_BIND_FILE(export_args, out), .required = true,
     .help = "the file to write; its name says the format"},
    {"tag", 0, "RE", LEAT_BIND_TEXT(export_args, tag),
     .help = "only tags that match this regular expression"},
    {"run", 0, "RE", LEAT_BIND_TEXT(export_args, run),
     .help = "only runs that match this regular expression"},
};

static leat_status append(void *file, const void *bytes, size_t n)
{
    return leat_file_write(file, bytes, n);
}

struct content {
    leat_logdir *log;
    leat_export_options options;
    bool json;
};

static leat_status write_content(void *user, leat_file *file)
{
    struct content *c = user;
    return c->json ? leat_logdir_export_json(c->log, &c->options, append, file)
                   : leat_logdir_export_csv(c->log, &c->options, append, file);
}

static leat_status export(const char *log_path, const export_args *a)
{
    size_t n = strlen(a->out);
    bool json = n > 5 && strcmp(a->out + n - 5, ".json") == 0;
    if (!json && !(n > 4 && strcmp(a->out + n - 4, ".csv") == 0))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: the name must end in .csv or .json", a->out);
    struct content c = {.json = json, .options = {.runs = a->run, .tags = a->tag}};
    LEAT_TRY(leat_logdir_open(&c.log, log_path, NULL));
    leat_status status = leat_logdir_runs(c.log) > 0
                             ? leat_file_replace_by(a->out, write_content, &c, false)
                             : leat_fail(LEAT_ERR_NOT_FOUND, "%s: no event files found", log_path);
    leat_logdir_close(c.log);
    return status;
}

static int run(leat_tool *t, const void *values)
{
    leat_status status = export(t->operands.items[0], values);
    return status == LEAT_OK ? LEAT_EXIT_OK : leat_tool_fail(t, status);
}

const struct leat_command leat_command_export = LEAT_COMMAND(
    "export", "LOGDIR -o FILE", "write all points of a log as CSV or JSON", .min_operands = 1,
    .max_operands = 1,
    .details =
        "CSV has a line for each point of a scalar. JSON has those by run and tag, and the histograms, images and "
        "audio (as base64), texts, other tensors and hyperparameters. Points that a restart superseded are "
        "left out, as TensorBoard does.",
    LEAT_OPTIONS(options, export_args), .run = run, .reads_logs = true);
