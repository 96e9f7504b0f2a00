#include "viz/theme-private.h"
#include <math.h>

static const leat_color tensorboard_light[] = {LEAT_RGB(0x425066), LEAT_RGB(0x12b5cb), LEAT_RGB(0xe52592),
                                               LEAT_RGB(0xf9ab00), LEAT_RGB(0x9334e6), LEAT_RGB(0x7cb342),
                                               LEAT_RGB(0xe8710a)};
/* As TensorBoard's own dark mode: the slate, too dark there, is lightened. */
static const leat_color tensorboard_dark[] = {LEAT_RGB(0x8e98a3), LEAT_RGB(0x12b5cb), LEAT_RGB(0xe52592),
                                              LEAT_RGB(0xf9ab00), LEAT_RGB(0x9334e6), LEAT_RGB(0x7cb342),
                                              LEAT_RGB(0xe8710a)};
/* M. Okabe, K. Ito: Color Universal Design (2008); black or white stands last. */
static const leat_color safe_light[] = {LEAT_RGB(0x0072b2), LEAT_RGB(0xd55e00), LEAT_RGB(0x009e73),
                                        LEAT_RGB(0xcc79a7), LEAT_RGB(0xe69f00), LEAT_RGB(0x56b4e9),
                                        LEAT_RGB(0x000000)};
static const leat_color safe_dark[] = {LEAT_RGB(0x56b4e9), LEAT_RGB(0xe69f00), LEAT_RGB(0x00b383),
                                       LEAT_RGB(0xcc79a7), LEAT_RGB(0xf0e442), LEAT_RGB(0xe8702a),
                                       LEAT_RGB(0xffffff)};

leat_theme leat_theme_make(bool dark, leat_palette palette)
{
    leat_theme light_theme = {
        .name = "light",
        .page = LEAT_RGB(0xffffff),
        .panel = LEAT_RGB(0xffffff),
        .ink = LEAT_RGB(0x202124),
        .muted = LEAT_RGB(0x5f6368),
        .axis = LEAT_RGB(0x9aa0a6),
        .grid = LEAT_RGB(0xe8eaed),
        .alert = LEAT_RGB(0xc5221f),
    };
    leat_theme dark_theme = {
        .name = "dark",
        .dark = true,
        .page = LEAT_RGB(0x1e1f22),
        .panel = LEAT_RGB(0x1e1f22),
        .ink = LEAT_RGB(0xe8eaed),
        .muted = LEAT_RGB(0xa8adb3),
        .axis = LEAT_RGB(0x6f747a),
        .grid = LEAT_RGB(0x34363a),
        .alert = LEAT_RGB(0xff8a80),
    };
    leat_theme theme = dark ? dark_theme : light_theme;
    bool safe = palette == LEAT_PALETTE_SAFE;
    theme.palette = dark ? (safe ? safe_dark : tensorboard_dark) : (safe ? safe_light : tensorboard_light);
    theme.n_palette = LEAT_LEN(tensorboard_light);
    return theme;
}

leat_run_look leat_theme_run(const leat_theme *theme, size_t nth)
{
    static const double dashes[][2] = {{0, 0}, {7, 3}, {2, 2}, {12, 4}};
    size_t round = nth / theme->n_palette, dash = round % LEAT_LEN(dashes),
           tint = round / LEAT_LEN(dashes) % 3;
    leat_color color = theme->palette[nth % theme->n_palette];
    if (tint > 0)
        color = leat_color_mix(color, tint == 1 ? theme->ink : theme->panel, 0.4);
    return (leat_run_look){color, {dashes[dash][0], dashes[dash][1]}};
}

static double channel(leat_color c, int shift)
{
    return (c >> shift & 0xff) / 255.0;
}

static leat_color from_channels(double r, double g, double b, double a)
{
    double v[4] = {r, g, b, a};
    leat_color c = 0;
    for (int i = 0; i < 4; i++)
        c = c << 8 | (leat_color)lround(255 * fmin(1, fmax(0, v[i])));
    return c;
}

leat_color leat_color_alpha(leat_color c, double opacity)
{
    return (c & 0xffffff00) | (leat_color)lround(255 * fmin(1, fmax(0, opacity)));
}

leat_color leat_color_mix(leat_color a, leat_color b, double t)
{
    double v[4];
    for (int i = 0; i < 4; i++)
        v[i] = channel(a, 24 - 8 * i) * (1 - t) + channel(b, 24 - 8 * i) * t;
    return from_channels(v[0], v[1], v[2], v[3]);
}

leat_color leat_color_over(leat_color top, leat_color bottom)
{
    return leat_color_alpha(leat_color_mix(bottom, top, channel(top, 0)), 1);
}

static double hue_part(double p, double q, double t)
{
    t -= floor(t);
    if (t < 1.0 / 6)
        return p + (q - p) * 6 * t;
    if (t < 0.5)
        return q;
    return t < 2.0 / 3 ? p + (q - p) * (2.0 / 3 - t) * 6 : p;
}

leat_color leat_color_hsl(double hue, double saturation, double lightness)
{
    double l = lightness, q = l < 0.5 ? l * (1 + saturation) : l + saturation - l * saturation, p = 2 * l - q;
    double h = hue / 360;
    return from_channels(hue_part(p, q, h + 1.0 / 3), hue_part(p, q, h), hue_part(p, q, h - 1.0 / 3), 1);
}

/* Relative luminance and contrast as WCAG 2.1 defines them. */
static double luminance(leat_color c)
{
    static const double weights[3] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        double v = channel(c, 24 - 8 * i);
        sum += weights[i] * (v <= 0.03928 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
    }
    return sum;
}

double leat_color_contrast(leat_color a, leat_color b)
{
    double la = luminance(a), lb = luminance(b);
    return (fmax(la, lb) + 0.05) / (fmin(la, lb) + 0.05);
}

leat_color leat_color_ink_on(leat_color background)
{
    leat_color dark = LEAT_RGB(0x000000), light = LEAT_RGB(0xffffff);
    return leat_color_contrast(dark, background) >= leat_color_contrast(light, background) ? dark : light;
}

leat_color leat_color_readable(leat_color c, leat_color background, double ratio)
{
    leat_color to = luminance(background) > 0.18 ? LEAT_RGB(0x000000) : LEAT_RGB(0xffffff);
    for (int i = 0; i <= 20; i++) {
        leat_color mixed = leat_color_mix(c, to, i / 20.0);
        if (leat_color_contrast(mixed, background) >= ratio)
            return mixed;
    }
    return to;
}
