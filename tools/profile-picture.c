/* profile-picture.c - a recorded run as a timeline. */
#include "config.h"
#include "tools/profile-private.h"
#include "viz/timeline-private.h"

leat_status leat_profile_check_picture(const char *path)
{
    if (leat_canvas_class_of_path(path) != NULL)
        return LEAT_OK;
    return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                     "%s: the suffix says neither a picture's format (" LEAT_CANVAS_NAMES ") nor .json",
                     path);
}

leat_status leat_profile_draw(const leat_profile *p, const char *path, const leat_profile_look *look)
{
    size_t n = leat_profile_steps(p);
    leat_figures f = {0};
    leat_profile_step *steps = leat_alloc_zero(n + 1, sizeof *steps);
    leat_status status = steps != NULL ? LEAT_OK : leat_fail_memory(n * sizeof *steps);
    leat_timeline_options o = {
        .size = sizeof o, .title = look->title, .dark = look->dark, .width = look->width};
    for (size_t i = 0; status == LEAT_OK && i < n; i++)
        status = leat_profile_step_at(p, i, &steps[i]);
    if (status == LEAT_OK)
        status = leat_figures_make(&f, steps, n, look->machine);
    if (status == LEAT_OK)
        status = leat_plot_profile(path, &f, &o, look->tables);
    leat_figures_free(&f);
    leat_free(steps);
    return status;
}
