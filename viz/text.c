#include "viz/text-private.h"
#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

#define ELLIPSIS "\xe2\x80\xa6"
#define MAX_MARKS 3 /* combining marks on one character: no script needs more, and they tower up */

/* No glyph that anybody reads is narrower, so no more than width / (NARROWEST em) characters can ever fit. */
#define NARROWEST 0.1

struct leat_text_engine {
    leat_metrics metrics;
    PangoContext *context; /* NULL with LEAT_METRICS_FIXED */
    PangoFontDescription *sans, *mono;
};

leat_status leat_text_engine_new(leat_text_engine **out, leat_metrics metrics)
{
    leat_text_engine *e = leat_alloc_zero(1, sizeof *e);
    if (e == NULL)
        return leat_fail_memory(sizeof *e);
    e->metrics = metrics;
    *out = e;
    if (metrics == LEAT_METRICS_FIXED)
        return LEAT_OK;
    e->context = pango_font_map_create_context(pango_cairo_font_map_get_default());
    /* Unhinted metrics are the same at every scale and in every format. */
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(e->context, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(e->context, FALSE);
    pango_context_set_base_dir(e->context, PANGO_DIRECTION_LTR);
    e->sans = pango_font_description_from_string(LEAT_FONT_SANS);
    e->mono = pango_font_description_from_string(LEAT_FONT_MONO);
    return LEAT_OK;
}

void leat_text_engine_free(leat_text_engine *e)
{
    if (e == NULL)
        return;
    if (e->sans)
        pango_font_description_free(e->sans);
    if (e->mono)
        pango_font_description_free(e->mono);
    if (e->context)
        g_object_unref(e->context);
    leat_free(e);
}

/* ---- measuring ---- */

static PangoLayout *make_layout(leat_text_engine *e, const char *text, const leat_font *font)
{
    PangoLayout *layout = pango_layout_new(e->context);
    PangoFontDescription *d = font->mono ? e->mono : e->sans;
    pango_font_description_set_absolute_size(d, LEAT_MAX(font->size, 0.1) * PANGO_SCALE);
    pango_font_description_set_weight(d, font->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_style(d, font->italic ? PANGO_STYLE_ITALIC : PANGO_STYLE_NORMAL);
    pango_layout_set_font_description(layout, d);
    pango_layout_set_auto_dir(layout, FALSE);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_set_text(layout, text, -1);
    return layout;
}

static leat_box pango_box(const PangoRectangle *r, double baseline)
{
    return (leat_box){(double)r->x / PANGO_SCALE, (double)r->y / PANGO_SCALE - baseline,
                      (double)r->width / PANGO_SCALE, (double)r->height / PANGO_SCALE};
}

static void pango_extents(PangoLayout *layout, leat_extents *out)
{
    PangoRectangle ink, logical;
    pango_layout_get_extents(layout, &ink, &logical);
    double baseline = (double)pango_layout_get_baseline(layout) / PANGO_SCALE;
    out->ink = pango_box(&ink, baseline);
    out->logical = pango_box(&logical, baseline);
}

static void fixed_extents(const char *text, const leat_font *font, leat_extents *out)
{
    double em = 0;
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar u = g_utf8_get_char(p);
        em += g_unichar_iszerowidth(u) ? 0
              : g_unichar_iswide(u)    ? 1
              : font->mono             ? 0.6
              : font->bold             ? 0.58
                                       : 0.55;
    }
    out->logical = (leat_box){0, -0.9 * font->size, em * font->size, 1.15 * font->size};
    out->ink = (leat_box){0, -0.75 * font->size, em * font->size, 0.95 * font->size};
}

static void measure_clean(leat_canvas *c, const char *text, const leat_font *font, leat_extents *out)
{
    if (c->options.metrics == LEAT_METRICS_FIXED) {
        fixed_extents(text, font, out);
        return;
    }
    PangoLayout *layout = make_layout(c->text, text, font);
    pango_extents(layout, out);
    g_object_unref(layout);
}

/* A cleaned copy; NULL, and the canvas's error set, where memory is out. */
static char *cleaned(leat_canvas *c, const char *text)
{
    leat_buf b = {0};
    leat_text_clean(&b, text, strlen(text));
    leat_buf_putc(&b, '\0');
    leat_status status = leat_buf_status(&b);
    if (status == LEAT_OK)
        return b.data;
    leat_canvas_set_error(c, status);
    leat_buf_free(&b);
    return NULL;
}

void leat_measure_text(leat_canvas *c, const char *text, const leat_font *font, leat_extents *out)
{
    *out = (leat_extents){0};
    char *clean = cleaned(c, text);
    if (clean)
        measure_clean(c, clean, font, out);
    leat_free(clean);
}

double leat_text_width(leat_canvas *c, const char *text, const leat_font *font)
{
    leat_extents e;
    leat_measure_text(c, text, font, &e);
    return e.logical.w;
}

double leat_line_height(const leat_font *font)
{
    return 1.25 * font->size;
}

/* ---- drawing ---- */

/* The page area of a box that is given relative to `at` and turned about it. */
static leat_box turned(leat_point at, leat_box b, double angle)
{
    double s = sin(angle * M_PI / 180), k = cos(angle * M_PI / 180);
    double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;
    for (int i = 0; i < 4; i++) {
        double x = b.x + (i & 1 ? b.w : 0), y = b.y + (i & 2 ? b.h : 0);
        double px = at.x + x * k - y * s, py = at.y + x * s + y * k;
        x0 = fmin(x0, px), x1 = fmax(x1, px);
        y0 = fmin(y0, py), y1 = fmax(y1, py);
    }
    return (leat_box){x0, y0, x1 - x0, y1 - y0};
}

leat_box leat_text_run_box(const leat_text_run *t, bool ink)
{
    return turned(t->at, ink ? t->extents.ink : t->extents.logical, t->angle);
}

leat_box leat_draw_text(leat_canvas *c, double x, double y, const char *text, const leat_text_style *style)
{
    leat_box nothing = {x, y, 0, 0};
    if (c->status != LEAT_OK || text[0] == '\0')
        return nothing;
    char *clean = cleaned(c, text);
    if (clean == NULL)
        return nothing;
    leat_text_run run = {.text = clean, .font = style->font, .color = style->color, .angle = style->angle};
    if (c->options.metrics == LEAT_METRICS_PANGO) {
        run.layout = make_layout(c->text, clean, &style->font);
        pango_extents(run.layout, &run.extents);
    } else {
        fixed_extents(clean, &style->font, &run.extents);
    }
    const leat_box *b = &run.extents.logical;
    double dx = style->h == LEAT_LEFT ? -b->x : style->h == LEAT_MIDDLE ? -b->x - b->w / 2 : -b->x - b->w;
    double dy = style->v == LEAT_BASELINE ? 0
                : style->v == LEAT_TOP    ? -b->y
                : style->v == LEAT_CENTER ? -b->y - b->h / 2
                                          : -b->y - b->h;
    double s = sin(style->angle * M_PI / 180), k = cos(style->angle * M_PI / 180);
    run.at = (leat_point){x + dx * k - dy * s, y + dx * s + dy * k};
    leat_box box = leat_text_run_box(&run, false);
    if (clean[0] != '\0') {
        if (!c->in_page)
            leat_canvas_set_error(c, leat_fail(LEAT_ERR_FAILED_PRECONDITION, "drawing outside a page"));
        else
            c->class->text(c, &run);
    }
    if (run.layout)
        g_object_unref(run.layout);
    leat_free(clean);
    return box;
}

/* ---- cleaning ---- */

static void put_char(leat_buf *out, gunichar u)
{
    char utf8[6];
    leat_buf_append(out, utf8, (size_t)g_unichar_to_utf8(u, utf8));
}

/* What one character of data becomes; *marks counts the combining marks since the last other character. */
static void clean_char(leat_buf *out, gunichar u, unsigned *marks)
{
    GUnicodeType type = g_unichar_type(u);
    bool mark = type == G_UNICODE_NON_SPACING_MARK || type == G_UNICODE_ENCLOSING_MARK;
    *marks = mark ? *marks + 1 : 0;
    if (u == '\n' || u == '\r' || u == '\t' || type == G_UNICODE_LINE_SEPARATOR ||
        type == G_UNICODE_PARAGRAPH_SEPARATOR)
        leat_buf_putc(out, ' ');
    else if (type == G_UNICODE_CONTROL)
        leat_buf_printf(out, "\\x%02x", u);
    else if (type == G_UNICODE_FORMAT && u != 0x200c && u != 0x200d) /* the joiners spell words */
        return;
    else if (type == G_UNICODE_SURROGATE || (u & 0xfffe) == 0xfffe || (u >= 0xfdd0 && u <= 0xfdef))
        put_char(out, 0xfffd);
    else if (*marks <= MAX_MARKS)
        put_char(out, u);
}

void leat_text_clean(leat_buf *out, const char *text, size_t n)
{
    unsigned marks = 0;
    for (size_t i = 0; i < n;) {
        gunichar u = g_utf8_get_char_validated(text + i, (gssize)(n - i));
        size_t bytes = 1;
        if (text[i] == '\0')
            u = 0; /* the validating call takes a NUL for an error */
        else if (u == (gunichar)-1 || u == (gunichar)-2)
            u = 0xfffd;
        else
            bytes = (size_t)(g_utf8_next_char(text + i) - (text + i));
        i += bytes;
        clean_char(out, u, &marks);
    }
}

void leat_text_xml(leat_buf *out, const char *text)
{
    leat_buf clean = {0};
    leat_text_clean(&clean, text, strlen(text));
    if (clean.failed)
        out->failed = true;
    for (size_t i = 0; i < clean.size; i++) {
        char c = clean.data[i];
        const char *entity = c == '&'    ? "&amp;"
                             : c == '<'  ? "&lt;"
                             : c == '>'  ? "&gt;"
                             : c == '"'  ? "&quot;"
                             : c == '\'' ? "&#39;"
                                         : NULL;
        if (entity)
            leat_buf_puts(out, entity);
        else
            leat_buf_putc(out, c);
    }
    leat_buf_free(&clean);
}

/* ---- shortening and wrapping ---- */

/* A cleaned text cut into what a reader sees as characters. at[i] is the byte where the ith begins. */
typedef struct chars {
    char *text;
    size_t n, *at;
    bool *may_break; /* a line may end before the ith */
    char *scratch;   /* as long as the text, and an ellipsis */
} chars;

static void chars_free(chars *s)
{
    leat_free(s->text);
    leat_free(s->at);
    leat_free(s->may_break);
    leat_free(s->scratch);
}

static bool chars_init(chars *s, leat_canvas *c, const char *text)
{
    *s = (chars){.text = cleaned(c, text)};
    if (s->text == NULL)
        return false;
    size_t bytes = strlen(s->text), n = (size_t)g_utf8_strlen(s->text, -1);
    s->at = leat_alloc_zero(n + 1, sizeof *s->at);
    s->may_break = leat_alloc_zero(n + 1, sizeof *s->may_break);
    s->scratch = leat_alloc(bytes + sizeof ELLIPSIS);
    PangoLogAttr *attrs = leat_alloc_zero(n + 1, sizeof *attrs);
    if (s->at == NULL || s->may_break == NULL || s->scratch == NULL || attrs == NULL) {
        leat_canvas_set_error(c, leat_fail_memory(bytes));
        leat_free(attrs);
        chars_free(s);
        return false;
    }
    pango_get_log_attrs(s->text, (int)bytes, -1, pango_language_from_string("en"), attrs, (int)n + 1);
    const char *p = s->text;
    for (size_t i = 0; i < n; i++, p = g_utf8_next_char(p))
        if (i == 0 || attrs[i].is_cursor_position) {
            s->may_break[s->n] = attrs[i].is_line_break && *p != '%'; /* "61 %" is one number */
            s->at[s->n++] = (size_t)(p - s->text);
        }
    s->at[s->n] = bytes;
    s->may_break[s->n] = true;
    leat_free(attrs);
    return true;
}

/* The first `head` and the last `tail` characters of [from, to) around an ellipsis, without blanks beside it,
 * in scratch. */
static const char *elided(chars *s, size_t from, size_t to, size_t head, size_t tail)
{
    char *p = s->scratch;
    const char *end = s->text + s->at[to], *rest = s->text + s->at[to - tail];
    size_t n = s->at[from + head] - s->at[from];
    memcpy(p, s->text + s->at[from], n);
    p += n;
    while (p > s->scratch && p[-1] == ' ')
        p--;
    memcpy(p, ELLIPSIS, strlen(ELLIPSIS));
    p += strlen(ELLIPSIS);
    while (rest < end && *rest == ' ')
        rest++;
    n = (size_t)(end - rest);
    memcpy(p, rest, n);
    p[n] = '\0';
    return s->scratch;
}

static double width_of(leat_canvas *c, const char *text, const leat_font *font)
{
    leat_extents e;
    measure_clean(c, text, font, &e);
    return e.logical.w;
}

/* How many characters can possibly fit. */
static size_t most_chars(const leat_font *font, double width)
{
    double most = width / (NARROWEST * font->size) + 2;
    return most < 1 ? 1 : most > 1e6 ? 1000000 : (size_t)most;
}

/* The text of [from, to), shortened in the middle where it is wider than `width`; in scratch. */
static const char *fitted(chars *s, leat_canvas *c, size_t from, size_t to, const leat_font *font,
                          double width)
{
    size_t n = to - from, most = most_chars(font, width);
    if (n <= most) {
        memcpy(s->scratch, s->text + s->at[from], s->at[to] - s->at[from]);
        s->scratch[s->at[to] - s->at[from]] = '\0';
        if (width_of(c, s->scratch, font) <= width)
            return s->scratch;
    }
    /* Invariant: `low` characters fit (an ellipsis alone, unless nothing does), `high` do not. */
    size_t low = 0, high = LEAT_MIN(n, most);
    if (width_of(c, ELLIPSIS, font) > width)
        return "";
    while (high - low > 1) {
        size_t k = low + (high - low) / 2;
        if (width_of(c, elided(s, from, to, k - k / 2, k / 2), font) <= width)
            low = k;
        else
            high = k;
    }
    return elided(s, from, to, low - low / 2, low / 2);
}

char *leat_shorten_text(leat_canvas *c, const char *text, const leat_font *font, double width)
{
    chars s;
    if (!chars_init(&s, c, text))
        return NULL;
    const char *fit = s.n == 0 ? "" : fitted(&s, c, 0, s.n, font, width);
    char *copy = leat_strdup(fit);
    if (copy == NULL)
        leat_canvas_set_error(c, leat_fail_memory(strlen(fit) + 1));
    chars_free(&s);
    return copy;
}

/* Where the line that begins at `from` ends: after as many characters as fit, at a place where lines may
 * break if there is one, and after one character at least. */
static size_t line_end(chars *s, leat_canvas *c, size_t from, const leat_font *font, double width)
{
    size_t low = from + 1, high = LEAT_MIN(s->n, from + most_chars(font, width)) + 1;
    while (high - low > 1) {
        size_t k = low + (high - low) / 2;
        size_t bytes = s->at[k] - s->at[from];
        memcpy(s->scratch, s->text + s->at[from], bytes);
        while (bytes > 0 && s->scratch[bytes - 1] == ' ')
            bytes--;
        s->scratch[bytes] = '\0';
        if (width_of(c, s->scratch, font) <= width)
            low = k;
        else
            high = k;
    }
    for (size_t k = low; k > from; k--)
        if (s->may_break[k])
            return k;
    return low;
}

static leat_status add_line(char ***lines, size_t *n, size_t *capacity, const char *text, size_t bytes)
{
    LEAT_TRY(leat_grow(lines, capacity, *n + 1, sizeof **lines));
    char *copy = leat_strndup(text, bytes);
    if (copy == NULL)
        return leat_fail_memory(bytes + 1);
    (*lines)[(*n)++] = copy;
    return LEAT_OK;
}

void leat_free_lines(char **lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        leat_free(lines[i]);
    leat_free(lines);
}

void leat_wrap_text(leat_canvas *c, const char *text, const leat_font *font, double width, size_t max_lines,
                    char ***lines, size_t *n)
{
    chars s;
    size_t capacity = 0;
    leat_status status = LEAT_OK;
    *lines = NULL;
    *n = 0;
    if (!chars_init(&s, c, text))
        return;
    for (size_t from = 0; from < s.n && *n < max_lines && status == LEAT_OK;) {
        size_t to = line_end(&s, c, from, font, width);
        if (*n + 1 == max_lines && to < s.n) {
            /* What follows the last line's end shows as an ellipsis in it. */
            const char *fit = fitted(&s, c, from, s.n, font, width);
            status = add_line(lines, n, &capacity, fit, strlen(fit));
            break;
        }
        size_t bytes = s.at[to] - s.at[from];
        while (bytes > 0 && s.text[s.at[from] + bytes - 1] == ' ')
            bytes--;
        status = add_line(lines, n, &capacity, s.text + s.at[from], bytes);
        from = to;
    }
    chars_free(&s);
    leat_canvas_set_error(c, status);
}
