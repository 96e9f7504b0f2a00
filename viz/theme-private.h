/* theme-private.h - colours: themes, palettes, what a run looks like, and contrast. */
#ifndef LEAT_THEME_PRIVATE_H
#define LEAT_THEME_PRIVATE_H

#include "viz/canvas-private.h"

typedef struct leat_theme {
    const char *name; /* "light", "dark" */
    bool dark;
    leat_color page;  /* behind everything */
    leat_color panel; /* behind a plot's data */
    leat_color ink;   /* titles, values */
    leat_color muted; /* axis numbers, notes; 4.5:1 against page and panel */
    leat_color axis, grid;
    leat_color alert; /* marks of clipped and non-finite points */
    const leat_color *palette;
    size_t n_palette;
} leat_theme;

typedef enum leat_palette {
    LEAT_PALETTE_TENSORBOARD, /* the colours that its users know */
    LEAT_PALETTE_SAFE         /* Okabe and Ito's, told apart by colour-blind readers too */
} leat_palette;

leat_theme leat_theme_make(bool dark, leat_palette palette);

/* How the nth of all runs of a log looks. Runs are numbered before any filter, so that a run keeps its look
 * when others are hidden. Beyond the palette the dashes change. */
typedef struct leat_run_look {
    leat_color color;
    double dash[2];
} leat_run_look;
leat_run_look leat_theme_run(const leat_theme *theme, size_t nth);

leat_color leat_color_alpha(leat_color c, double opacity);                  /* opacity replaces c's */
leat_color leat_color_mix(leat_color a, leat_color b, double t);            /* t = 0: a; t = 1: b */
leat_color leat_color_over(leat_color top, leat_color bottom);              /* what is seen of both */
leat_color leat_color_hsl(double hue, double saturation, double lightness); /* degrees, 0..1, 0..1 */
double leat_color_contrast(leat_color a, leat_color b); /* WCAG 2: 1 to 21; opaque colours */
leat_color leat_color_ink_on(leat_color background);    /* the better of black and white: at least 4.58 */
/* `c`, moved towards black or white until it stands at least `ratio`:1 against the background. */
leat_color leat_color_readable(leat_color c, leat_color background, double ratio);

#endif
