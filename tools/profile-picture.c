/* profile-picture.c - a recorded run as a timeline. */
#include "config.h"
#include "leat/viz-timeline.h"
#include "profile/figures-private.h"
#include "tools/profile-private.h"
#include "viz/canvas-private.h"

leat_status leat_profile_check_picture(const char *path)
{
    if (leat_canvas_class_of_path(path) != NULL)
        return LEAT_OK;
    return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                     "%s: the suffix says neither a picture's format (" LEAT_CANVAS_NAMES ") nor .json",
                     path);
}

static leat_status draw(const leat_figures *f, char *words, const char *path, const leat_profile_look *look)
{
    const leat_profile_step *s = &f->typical;
    leat_timeline_event *events = leat_alloc_zero(s->n_spans + 1, sizeof *events);
    uint8_t *critical = leat_alloc_zero(s->n_nodes + 1, 1);
    leat_status status = events && critical ? LEAT_OK : leat_fail_memory(s->n_spans * sizeof *events);
    for (size_t i = 0; status == LEAT_OK && i < f->n_critical; i++)
        critical[f->critical[i]] = 1;
    for (size_t i = 0; status == LEAT_OK && i < s->n_spans; i++) {
        const leat_profile_span *e = &s->spans[i];
        events[i] = (leat_timeline_event){.name = s->nodes[e->node].name,
                                          .op = s->nodes[e->node].op,
                                          .worker = e->worker,
                                          .critical = e->tiles == 0 && critical[e->node],
                                          .tiles = e->tiles,
                                          .start_ns = e->start_ns,
                                          .end_ns = e->end_ns};
    }
    leat_timeline run = {events, s->n_spans, s->n_workers, s->duration_ns};
    leat_timeline_options o = {
        .size = sizeof o, .title = look->title, .dark = look->dark, .width = look->width, .words = words};
    if (status == LEAT_OK)
        status = leat_plot_timeline(path, &run, &o);
    leat_free(events);
    leat_free(critical);
    return status;
}

leat_status leat_profile_draw(const leat_profile *p, const char *path, const leat_profile_look *look)
{
    size_t n = leat_profile_steps(p);
    leat_figures f = {0};
    char *words = NULL;
    leat_profile_step *steps = leat_alloc_zero(n + 1, sizeof *steps);
    leat_status status = steps != NULL ? leat_profile_words(p, &words) : leat_fail_memory(n * sizeof *steps);
    for (size_t i = 0; status == LEAT_OK && i < n; i++)
        status = leat_profile_step_at(p, i, &steps[i]);
    if (status == LEAT_OK)
        status = leat_figures_make(&f, steps, n, NULL);
    if (status == LEAT_OK)
        status = draw(&f, words, path, look);
    leat_figures_free(&f);
    leat_free(steps);
    leat_free(words);
    return status;
}
