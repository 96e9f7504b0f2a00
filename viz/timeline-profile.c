/* timeline-profile.c - a recorded run's figures as a timeline, with its words and tables. */
#include "config.h"
#include "viz/timeline-private.h"

static leat_status make_events(const leat_figures *f, leat_timeline_event **out)
{
    const leat_profile_step *s = &f->typical;
    leat_timeline_event *events = leat_alloc_zero(s->n_spans + 1, sizeof *events);
    uint8_t *critical = leat_alloc_zero(s->n_nodes + 1, 1);
    if (events == NULL || critical == NULL) {
        leat_free(events);
        leat_free(critical);
        return leat_fail_memory(s->n_spans * sizeof *events);
    }
    for (size_t i = 0; i < f->n_critical; i++)
        critical[f->critical[i]] = 1;
    for (size_t i = 0; i < s->n_spans; i++) {
        const leat_profile_span *e = &s->spans[i];
        events[i] = (leat_timeline_event){.name = s->nodes[e->node].name,
                                          .op = s->nodes[e->node].op,
                                          .worker = e->worker,
                                          .critical = e->tiles == 0 && critical[e->node],
                                          .tiles = e->tiles,
                                          .start_ns = e->start_ns,
                                          .end_ns = e->end_ns};
    }
    leat_free(critical);
    *out = events;
    return LEAT_OK;
}

leat_status leat_plot_profile_on(leat_canvas *c, const leat_figures *f, const leat_timeline_options *options,
                                 bool tables)
{
    leat_timeline_event *events = NULL;
    leat_buf words = {0};
    LEAT_TRY(make_events(f, &events));
    leat_put_words(&words, f);
    leat_status status = leat_buf_status(&words);
    if (status == LEAT_OK) {
        leat_timeline run = {events, f->typical.n_spans, f->typical.n_workers, f->typical.duration_ns};
        leat_timeline_options o = *options;
        o.words = words.data;
        o.n_cpus = f->typical.n_cpus;
        status = leat_draw_timeline(c, &run, &o, tables ? f : NULL);
    }
    leat_buf_free(&words);
    leat_free(events);
    return status;
}

leat_status leat_plot_profile(const char *path, const leat_figures *f, const leat_timeline_options *options,
                              bool tables)
{
    leat_canvas *canvas;
    leat_canvas_options how = {.title = options->title, .scale = 2};
    LEAT_TRY(leat_canvas_new(&canvas, leat_canvas_class_of_path(path), &how));
    leat_status status = leat_plot_profile_on(canvas, f, options, tables);
    if (status == LEAT_OK)
        status = leat_canvas_save(canvas, path);
    leat_canvas_free(canvas);
    return status;
}
