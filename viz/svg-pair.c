/* One picture for two themes. The same picture drawn in light and in dark colours differs in nothing but colours: the
 * light SVG gets a class wherever the dark one has another colour, and the page's style sheet gives the class that
 * colour for readers who want it dark. Programs that know no style sheets show the light picture. */
#include "viz/report-private.h"
#include <stdlib.h>
#include <string.h>

typedef struct span {
    const char *data;
    size_t n;
} span;

typedef struct attribute {
    span name, value;
} attribute;

static bool same(span a, span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.data, b.data, a.n) == 0);
}

static bool is(span a, const char *text)
{
    return a.n == strlen(text) && memcmp(a.data, text, a.n) == 0;
}

/* The canvas writes name="value" with a blank before, and no quote or bracket inside of values. False at the end. */
static bool next_attribute(span *left, attribute *a)
{
    if (left->n == 0 || left->data[0] != ' ')
        return false;
    const char *name = left->data + 1, *end = left->data + left->n;
    const char *equals = memchr(name, '=', (size_t)(end - name));
    if (equals == NULL || end - equals < 3 || equals[1] != '"')
        return false;
    const char *quote = memchr(equals + 2, '"', (size_t)(end - equals - 2));
    if (quote == NULL)
        return false;
    *a = (attribute){{name, (size_t)(equals - name)}, {equals + 2, (size_t)(quote - equals - 2)}};
    *left = (span){quote + 1, (size_t)(end - quote - 1)};
    return true;
}

/* fill and stroke, each with its opacity. */
enum { PAINTS = 2 };
static const char *const paint_names[PAINTS] = {"fill", "stroke"};
static const char *const opacity_names[PAINTS] = {"fill-opacity", "stroke-opacity"};

typedef struct paint {
    span color, opacity; /* n 0: not said */
} paint;

static bool take_paint(const attribute *a, paint paints[PAINTS])
{
    for (int i = 0; i < PAINTS; i++) {
        span *to = is(a->name, paint_names[i])     ? &paints[i].color
                   : is(a->name, opacity_names[i]) ? &paints[i].opacity
                                                   : NULL;
        if (to) {
            *to = a->value;
            return true;
        }
    }
    return false;
}

/* The next attribute that is no colour; those on the way go to `paints`. */
static bool next_plain(span *left, attribute *a, paint paints[PAINTS])
{
    while (next_attribute(left, a))
        if (!take_paint(a, paints))
            return true;
    return false;
}

/* ---- classes ---- */

/* "f12b5cb" or "s12b5cb-25", after what it sets: pictures drawn in any order get the same names. */
static leat_status put_class(leat_color_classes *classes, leat_buf *out, int which, const paint *dark)
{
    leat_buf name = {0}, rule = {0};
    const char *color = dark->color.data + (dark->color.n > 0 && dark->color.data[0] == '#');
    size_t n = dark->color.n - (size_t)(color - dark->color.data), m = dark->opacity.n;
    leat_buf_putc(&name, paint_names[which][0]);
    leat_buf_append(&name, color, n);
    if (m > 2) { /* "0.25" */
        leat_buf_putc(&name, '-');
        leat_buf_append(&name, dark->opacity.data + 2, m - 2);
    }
    leat_buf_printf(&rule, ".%s{%s:%.*s;%s:%.*s}\n", name.data ? name.data : "", paint_names[which],
                    (int)dark->color.n, dark->color.data, opacity_names[which], m > 0 ? (int)m : 1,
                    m > 0 ? dark->opacity.data : "1");
    leat_buf_append(out, name.data, name.size);
    leat_status status = leat_buf_status(&name);
    if (status == LEAT_OK)
        status = leat_buf_status(&rule);
    pthread_mutex_lock(&classes->lock);
    if (status == LEAT_OK && leat_map_get(&classes->known, rule.data, rule.size) == NULL) {
        char *kept = leat_arena_strndup(&classes->text, rule.data, rule.size);
        status = kept ? leat_map_put(&classes->known, kept, rule.size, kept) : leat_fail_memory(rule.size);
    }
    pthread_mutex_unlock(&classes->lock);
    leat_buf_free(&name);
    leat_buf_free(&rule);
    return status;
}

static int compare_rules(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

leat_status leat_color_classes_put(const leat_color_classes *classes, leat_buf *out)
{
    const char **rules = leat_alloc_zero(LEAT_MAX(classes->known.count, (size_t)1), sizeof *rules);
    size_t n = 0, cursor = 0;
    void *rule;
    if (rules == NULL)
        return leat_fail_memory(classes->known.count * sizeof *rules);
    while (leat_map_next(&classes->known, &cursor, NULL, NULL, &rule))
        rules[n++] = rule;
    qsort(rules, n, sizeof *rules, compare_rules);
    for (size_t i = 0; i < n; i++)
        leat_buf_puts(out, rules[i]);
    leat_free(rules);
    return leat_buf_status(out);
}

void leat_color_classes_free(leat_color_classes *classes)
{
    leat_map_free(&classes->known);
    leat_arena_free(&classes->text);
}

/* ---- elements ---- */

/* From '<' to before '>'. What stands between tags is the same in both, as are most tags. */
static leat_status pair_tag(leat_color_classes *classes, span light, span dark, leat_buf *out, bool *alike)
{
    bool slash = light.n > 0 && light.data[light.n - 1] == '/';
    const char *blank = memchr(light.data, ' ', light.n), *blank_dark = memchr(dark.data, ' ', dark.n);
    paint of_light[PAINTS], of_dark[PAINTS];
    attribute a, b;
    memset(of_light, 0, sizeof of_light);
    memset(of_dark, 0, sizeof of_dark);
    *alike = blank != NULL && blank_dark != NULL && blank - light.data == blank_dark - dark.data &&
             memcmp(light.data, dark.data, (size_t)(blank - light.data)) == 0;
    if (!*alike)
        return LEAT_OK;
    span left = {blank, light.n - (size_t)(blank - light.data)},
         left_dark = {blank_dark, dark.n - (size_t)(blank_dark - dark.data)};
    for (;;) {
        bool more = next_plain(&left, &a, of_light), more_dark = next_plain(&left_dark, &b, of_dark);
        *alike = more == more_dark &&
                 (!more || (same(a.name, b.name) && same(a.value, b.value) && !is(a.name, "class")));
        if (!*alike || !more)
            break;
    }
    *alike = *alike && same(left, left_dark); /* "/" or nothing */
    if (!*alike)
        return LEAT_OK;
    leat_buf_append(out, light.data, light.n - slash);
    const char *before = " class=\"";
    for (int i = 0; i < PAINTS; i++) {
        if (same(of_light[i].color, of_dark[i].color) && same(of_light[i].opacity, of_dark[i].opacity))
            continue;
        leat_buf_puts(out, before);
        LEAT_TRY(put_class(classes, out, i, &of_dark[i]));
        before = " ";
    }
    leat_buf_puts(out, slash ? "\"/" : "\"");
    return leat_buf_status(out);
}

/* The text up to the next tag, and that tag without its '>'. */
static bool next_tag(span *left, span *text, span *tag)
{
    const char *open = left->n > 0 ? memchr(left->data, '<', left->n) : NULL;
    *text = (span){left->data, open ? (size_t)(open - left->data) : left->n};
    if (open == NULL)
        return false;
    size_t rest = left->n - text->n;
    const char *close = memchr(open, '>', rest);
    *tag = (span){open, close ? (size_t)(close - open) : rest};
    *left = (span){open + tag->n, rest - tag->n};
    return true;
}

leat_status leat_svg_pair(leat_color_classes *classes, const leat_buf *light, const leat_buf *dark,
                          leat_buf *out, bool *alike)
{
    span left = {light->data, light->size}, left_dark = {dark->data, dark->size};
    span text, text_dark, tag, tag_dark;
    size_t start = out->size;
    *alike = true;
    for (;;) {
        bool more = next_tag(&left, &text, &tag), more_dark = next_tag(&left_dark, &text_dark, &tag_dark);
        *alike = more == more_dark && same(text, text_dark);
        if (!*alike)
            break;
        leat_buf_append(out, text.data, text.n);
        if (!more)
            return leat_buf_status(out);
        if (same(tag, tag_dark))
            leat_buf_append(out, tag.data, tag.n);
        else
            LEAT_TRY(pair_tag(classes, tag, tag_dark, out, alike));
        if (!*alike)
            break;
    }
    out->size = start;
    leat_buf_append(out, light->data, light->size);
    return leat_buf_status(out);
}
