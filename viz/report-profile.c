/* report-profile.c - a traced step in the report: timeline, words, tables, from its RunMetadata and nothing else. */
#include "config.h"
#include "viz/report-private.h"
#include "viz/timeline-private.h"

leat_status leat_report_draw_profile(const leat_picture *p, leat_canvas *c, const char *title, bool dark)
{
    leat_step_record *record;
    leat_figures f = {0};
    LEAT_TRY(leat_step_record_read(&record, p->stats->data, p->stats->size));
    leat_timeline_options o = {.size = sizeof o, .title = title, .dark = dark};
    leat_status status = leat_figures_make(&f, leat_step_record_step(record), 1, NULL);
    if (status == LEAT_OK)
        status = leat_plot_profile_on(c, &f, &o, true);
    leat_figures_free(&f);
    leat_step_record_free(record);
    return status;
}
