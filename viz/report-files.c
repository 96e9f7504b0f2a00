/* The files of a report's directory: their names, the pictures. */
#include "viz/report-private.h"
#include "viz/graph-draw-private.h"
#include "base/file-private.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_NAME 80u

/* ---- names ---- */

/* Bytes that mean nothing to any shell, URL or file system stay; a run of others becomes one "_". */
static size_t plain_name(const char *from, char *to, size_t room)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    size_t n = 0;
    for (; *from && n < room; from++) {
        bool ok = strchr(good, *from) != NULL && !(*from == '.' && n == 0) && !(*from == '-' && n == 0);
        if (ok)
            to[n++] = *from;
        else if (n == 0 || to[n - 1] != '_')
            to[n++] = '_';
    }
    return n;
}

/* Names are told apart without regard to case, for file systems that do so. */
static void lower(char *text)
{
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
}

char *leat_report_file_name(leat_report_job *j, const leat_report_section *section, const char *tag,
                            const char *run)
{
    char stem[2 * LONGEST_NAME + 8], key[sizeof stem + 40];
    size_t n = plain_name(tag, stem, LONGEST_NAME);
    if (run) {
        stem[n++] = '.';
        n += plain_name(run, stem + n, LONGEST_NAME);
    }
    if (n == 0)
        stem[n++] = '_';
    stem[n] = '\0';
    for (size_t i = 1;; i++) {
        if (i == 1)
            snprintf(key, sizeof key, "%s/%s", section->id, stem);
        else
            snprintf(key, sizeof key, "%s/%s.%zu", section->id, stem, i);
        char *name = leat_arena_strndup(&j->names, key, strlen(key));
        lower(key);
        char *taken = name ? leat_arena_strndup(&j->names, key, strlen(key)) : NULL;
        if (taken == NULL)
            return NULL;
        if (leat_map_get(&j->files, taken, strlen(taken)) != NULL)
            continue;
        return leat_map_put(&j->files, taken, strlen(taken), name) == LEAT_OK ? name : NULL;
    }
}

char *leat_report_path(const leat_report_job *j, const char *file, const char *suffix)
{
    char *name = leat_asprintf("%s.%s", file, suffix);
    char *path = name ? leat_path_join(j->dir, name) : NULL;
    leat_free(name);
    return path;
}

/* ---- pictures ---- */

static leat_status draw_graph(const leat_report_job *j, const leat_picture *p, leat_canvas *c,
                              leat_canvas *dark, const char *title)
{
    leat_plot_graph_options o = {.size = sizeof o, .dark = j->theme.dark, .source = "graph", .title = title};
    if (p->stats) {
        o.color = LEAT_GRAPH_BY_TIME;
        o.run_metadata = p->stats->data;
        o.run_metadata_size = p->stats->size;
    }
    return leat_plot_graph_on_both(c, dark, p->graph->data, p->graph->size, &o);
}

leat_status leat_picture_draw_page(const leat_report_job *j, const leat_picture *p, leat_canvas *c,
                                   const char *title)
{
    return p->graph ? draw_graph(j, p, c, NULL, title) : leat_report_draw_profile(p, c, title, j->theme.dark);
}

static leat_status draw_panel(leat_figure *f, size_t panel, leat_canvas *c)
{
    leat_figure_draw(f, c, panel, 1);
    return leat_canvas_status(c);
}

/* `dark` gets the picture in dark colours, unless it is NULL. */
static leat_status draw_on(leat_report_job *j, leat_picture *p, leat_canvas *c, leat_canvas *dark)
{
    if (p->graph)
        return draw_graph(j, p, c, dark, NULL);
    if (p->figure)
        LEAT_TRY(draw_panel(p->figure, p->panel, c));
    else
        LEAT_TRY(leat_report_draw_profile(p, c, NULL, j->theme.dark));
    if (dark == NULL)
        return LEAT_OK;
    return p->figure ? draw_panel(j->dark[p->section - leat_report_sections], p->panel, dark)
                     : leat_report_draw_profile(p, dark, NULL, true);
}

static leat_status draw_png(leat_report_job *j, leat_picture *p, leat_buf *out)
{
    leat_canvas *c;
    LEAT_TRY(leat_canvas_new(&c, &leat_canvas_png, &(leat_canvas_options){.title = p->tag, .scale = 2}));
    leat_status status = draw_on(j, p, c, NULL);
    if (status == LEAT_OK)
        status = leat_canvas_finish(c, out);
    leat_canvas_free(c);
    return status;
}

/* As markup for a page; `dark` stays empty where the page has one theme. */
static leat_status draw_svg(leat_report_job *j, leat_picture *p, leat_buf *light, leat_buf *dark)
{
    char *prefix = leat_asprintf("%s-", p->id);
    leat_canvas_options options = {.title = p->tag, .fragment = true, .prefix = prefix};
    leat_canvas *c = NULL, *d = NULL;
    leat_status status = prefix ? leat_canvas_new(&c, &leat_canvas_svg, &options) : leat_fail_memory(1);
    if (status == LEAT_OK && j->both)
        status = leat_canvas_new(&d, &leat_canvas_svg, &options);
    if (status == LEAT_OK)
        status = draw_on(j, p, c, d);
    if (status == LEAT_OK)
        status = leat_canvas_finish(c, light);
    if (status == LEAT_OK && d)
        status = leat_canvas_finish(d, dark);
    leat_canvas_free(c);
    leat_canvas_free(d);
    leat_free(prefix);
    return status;
}

static leat_status write_files(leat_report_job *j, leat_picture *p, const leat_buf *picture)
{
    leat_buf file = {0};
    char *svg = leat_report_path(j, p->file, "svg"), *png = leat_report_path(j, p->file, "png");
    leat_status status = svg && png ? LEAT_OK : leat_fail_memory(1);
    leat_buf_puts(&file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    leat_buf_append(&file, picture->data, picture->size);
    if (status == LEAT_OK)
        status = leat_buf_status(&file);
    if (status == LEAT_OK)
        status = leat_file_replace(svg, file.data, file.size, false);
    leat_buf_clear(&file);
    if (status == LEAT_OK)
        status = draw_png(j, p, &file);
    if (status == LEAT_OK)
        status = leat_file_replace(png, file.data, file.size, false);
    leat_buf_free(&file);
    leat_free(svg);
    leat_free(png);
    return status;
}

leat_status leat_picture_draw(leat_report_job *j, leat_picture *p)
{
    leat_buf light = {0}, dark = {0};
    bool alike;
    leat_status status = draw_svg(j, p, &light, &dark);
    if (status == LEAT_OK && j->dir)
        status = write_files(j, p, &light);
    if (status == LEAT_OK && j->both)
        status = leat_svg_pair(&j->classes, &light, &dark, &p->svg, &alike);
    else if (status == LEAT_OK) {
        p->svg = light;
        light = (leat_buf){0};
    }
    leat_buf_free(&light);
    leat_buf_free(&dark);
    if (p->figure) {
        leat_figure_release(p->figure, p->panel);
        if (j->both)
            leat_figure_release(j->dark[p->section - leat_report_sections], p->panel);
    }
    return status;
}
