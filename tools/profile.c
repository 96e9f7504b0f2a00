/* profile.c - `leat profile`: the steps of `leat run`, recorded, and told in tables, words and pictures. */
#include <string.h>
#include "base/file-private.h"
#include "tools/graph-session-private.h"
#include "tools/profile-private.h"

#define MOST_SPANS (32u << 20) /* of all steps that are kept: 24 bytes each */

struct profile_args {
    leat_run_args run; /* first: the options of `run` are bound to it */
    leat_texts outputs;
    int64_t warmup, top, width;
    const char *title;
    bool json, no_peak, tables;
    int theme;
};

static const struct leat_option options[] = {
    LEAT_RUN_OPTIONS("20"),
    {"warmup", 0, "N", LEAT_BIND_INT(struct profile_args, warmup, 0, INT64_MAX), .initial = "5",
     .help = "steps that run before, and are not counted"},
    {"output", 'o', "FILE", LEAT_BIND_TEXTS(struct profile_args, outputs),
     .help = "write a timeline (.svg, .png, .pdf) or a Chrome trace (.json)"},
    {"top", 0, "N", LEAT_BIND_INT(struct profile_args, top, 0, INT64_MAX), .initial = "15",
     .help = "rows of the tables (0: all)"},
    {"json", 0, NULL, LEAT_BIND_FLAG(struct profile_args, json), .help = "print one JSON object, not tables"},
    {"no-peak", 0, NULL, LEAT_BIND_FLAG(struct profile_args, no_peak),
     .help = "do not measure what this machine can do at most"},
    {"tables", 0, NULL, LEAT_BIND_FLAG(struct profile_args, tables),
     .help = "put the tables of op types and nodes under the timeline"},
    {"title", 0, "TEXT", LEAT_BIND_TEXT(struct profile_args, title), .help = "above the timeline"},
    {"theme", 0, NULL, LEAT_BIND_CHOICE(struct profile_args, theme, "light|dark"), .initial = "light",
     .help = "dark on light or light on dark"},
    {"width", 0, "N", LEAT_BIND_INT(struct profile_args, width, 320, 9000), .initial = "960",
     .help = "of the timeline, in pixels (points in PDF)"},
};

static bool is_trace(const char *path)
{
    size_t n = strlen(path);
    return n > 5 && strcmp(path + n - 5, ".json") == 0;
}

/* Before anything runs: a wrong name is told at once. */
static leat_status check(const struct profile_args *a)
{
    for (size_t i = 0; i < a->outputs.count; i++)
        if (!is_trace(a->outputs.items[i]))
            LEAT_TRY(leat_profile_check_picture(a->outputs.items[i]));
    if (a->run.targets.count + a->run.fetches.count == 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "nothing to run: --target or --fetch is needed");
    if (a->run.steps == 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--steps: at least one is needed for a profile");
    return LEAT_OK;
}

static leat_status run_once(leat_graph_session *s, leat_profile *p)
{
    return leat_graph_session_has_step(s) ? leat_graph_session_step(s, p) : leat_graph_session_fetch(s, p);
}

/* Warms up, then records; of more runs than memory is meant for, the latest. */
static leat_status run_steps(leat_tool *t, leat_graph_session *s, leat_run_log *log,
                             const struct profile_args *a)
{
    leat_progress p;
    leat_progress_begin(&p, t, "step", 0, a->warmup + a->run.steps);
    leat_status status = LEAT_OK;
    for (int64_t i = 0; status == LEAT_OK && i < a->warmup + a->run.steps; i++) {
        status = run_once(s, i >= a->warmup ? log->profile : NULL);
        if (status == LEAT_OK)
            status = leat_run_log_step(log, s, i + 1);
        leat_progress_at(&p, i + 1, NULL);
    }
    leat_progress_end(&p);
    return status;
}

static leat_status write_outputs(const leat_profile *p, const leat_machine *machine,
                                 const struct profile_args *a, const char *graph)
{
    leat_profile_look look = {.title = a->title != NULL ? a->title : graph,
                              .dark = a->theme == 1,
                              .tables = a->tables,
                              .width = (double)a->width,
                              .machine = machine};
    for (size_t i = 0; i < a->outputs.count; i++) {
        const char *path = a->outputs.items[i];
        LEAT_TRY(is_trace(path) ? leat_profile_write_trace(p, path) : leat_profile_draw(p, path, &look));
    }
    return LEAT_OK;
}

static leat_status tell(leat_tool *t, leat_profile *p, const struct profile_args *a)
{
    char *text;
    LEAT_TRY(a->json ? leat_profile_json(p, &text) : leat_profile_text(p, (size_t)a->top, &text));
    leat_print_bytes(t, text, strlen(text));
    leat_free_bytes(text);
    return LEAT_OK;
}

static leat_status profile(leat_tool *t, leat_graph_session *s, leat_run_log *log,
                           const struct profile_args *a)
{
    LEAT_TRY(check(a));
    LEAT_TRY(leat_graph_session_open(s, t->operands.items[0], &a->run));
    size_t most = LEAT_MAX(MOST_SPANS / (leat_graph_op_count(s->graph) + 1), (size_t)3);
    LEAT_TRY(leat_run_log_open(log, s, &a->run, LEAT_MIN((size_t)a->run.steps, most)));
    LEAT_TRY(run_steps(t, s, log, a));
    leat_machine machine = {0};
    if (!a->no_peak)
        LEAT_TRY(leat_machine_measure(&machine, (uint32_t)leat_session_threads(s->session)));
    leat_profile_set_machine(log->profile, &machine);
    LEAT_TRY(tell(t, log->profile, a));
    LEAT_TRY(write_outputs(log->profile, &machine, a, leat_path_base(t->operands.items[0])));
    if (leat_graph_session_has_step(s) && s->n_fetches > 0)
        LEAT_TRY(leat_graph_session_fetch(s, NULL));
    LEAT_TRY(leat_graph_session_write(s, t, false));
    return leat_run_log_finish(log, s, &a->run, a->warmup + a->run.steps);
}

static int run(leat_tool *t, const void *values)
{
    leat_graph_session s = {0};
    leat_run_log log = {0};
    leat_status status = leat_run_log_close(&log, profile(t, &s, &log, values));
    int code = leat_tool_end(t, status);
    leat_graph_session_free(&s);
    return code;
}

const struct leat_command leat_command_profile = LEAT_COMMAND(
    "profile", "GRAPH --target NODE", "find where the time of a graph's steps goes", .min_operands = 1,
    .max_operands = 1,
    .details =
        "Runs GRAPH as `leat run` does and records each step: the targets with the feeds, or, where no target is given, the "
        "fetches. Prints what op types and nodes took, their rates and shares of what this machine can do (measured: "
        "multiply-adds in registers and sums over large arrays, on as many threads), the critical path, how many workers were "
        "busy, memory, and in words what that means. Fetches are written where they have a file.\n\n"
        "-o writes a timeline or a trace for ui.perfetto.dev, as often as it is given; --logdir puts the step of median length "
        "into an event file, by which TensorBoard and `leat graph DIR --color time` colour the graph.",
    LEAT_OPTIONS(options, struct profile_args), .run = run);
