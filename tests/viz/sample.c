#include "tests/viz/sample.h"
#include "viz/figure-private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST 512

struct sample {
    leat_plot_data data;
    leat_scalar_series scalars[MOST];
    leat_histogram_series histograms[MOST];
    leat_blob_series images[MOST], texts[MOST];
    void *owned[40000];
    size_t n_owned;
};

double sample_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) / 9007199254740992.0;
}

/* Tests have memory: a failure here is the machine's. */
static void *own(sample *s, void *p)
{
    if (p == NULL || s->n_owned == LEAT_LEN(s->owned))
        abort();
    return s->owned[s->n_owned++] = p;
}

sample *sample_new(void)
{
    sample *s = calloc(1, sizeof *s);
    s->data.scalars = s->scalars;
    s->data.histograms = s->histograms;
    s->data.images = s->images;
    s->data.texts = s->texts;
    return s;
}

void sample_free(sample *s)
{
    while (s->n_owned > 0)
        free(s->owned[--s->n_owned]);
    free(s);
}

const leat_plot_data *sample_data(sample *s)
{
    return &s->data;
}

void sample_add_scalars(sample *s, const char *run, const char *tag, const double *values, size_t n,
                        int64_t stride)
{
    int64_t *step = own(s, calloc(n + 1, sizeof *step));
    double *wall = own(s, calloc(n + 1, sizeof *wall)), *value = own(s, calloc(n + 1, sizeof *value));
    for (size_t i = 0; i < n; i++) {
        step[i] = (int64_t)i * stride;
        wall[i] = 1496739923 + 2.5 * (double)i;
        value[i] = values[i];
    }
    s->scalars[s->data.n_scalars++] =
        (leat_scalar_series){own(s, strdup(run)), own(s, strdup(tag)), n, step, wall, value};
}

void sample_add_histograms(sample *s, const char *run, const char *tag, size_t n)
{
    leat_histogram *at = own(s, calloc(n + 1, sizeof *at));
    for (size_t i = 0; i < n; i++) {
        double *b = own(s, calloc(3 * 20, sizeof *b));
        for (int k = 0; k < 20; k++) {
            b[3 * k] = -1 + 0.1 * k;
            b[3 * k + 1] = -1 + 0.1 * (k + 1);
            b[3 * k + 2] = fmax(0, 50 - 10 * fabs(k - 5 - 10.0 * (double)i / (double)n));
        }
        at[i] = (leat_histogram){(int64_t)i * 100, 1496739923 + 60.0 * (double)i, 20, b};
    }
    s->histograms[s->data.n_histograms++] =
        (leat_histogram_series){own(s, strdup(run)), own(s, strdup(tag)), n, at};
}

void sample_add_images(sample *s, const char *run, const char *tag, size_t n, uint32_t width, uint32_t height,
                       size_t broken)
{
    leat_blob *at = own(s, calloc(n + 1, sizeof *at));
    uint32_t *pixels = calloc((size_t)width * height, 4);
    for (size_t i = 0; i < n; i++) {
        leat_buf b = {0};
        for (size_t k = 0; k < (size_t)width * height; k++)
            pixels[k] =
                0xff000000 | (uint32_t)(k * 255 / ((size_t)width * height)) * (i % 2 ? 0x010001 : 0x000100);
        if (leat_image_encode(&b, &(leat_image){width, height, pixels}, NULL, 0) != LEAT_OK)
            abort();
        void *copy = own(s, malloc(b.size));
        memcpy(copy, b.data, b.size);
        at[i] = (leat_blob){(int64_t)i * 10, 1496739923 + (double)i, i == broken ? b.size / 2 : b.size, copy};
        leat_buf_free(&b);
    }
    free(pixels);
    s->images[s->data.n_images++] =
        (leat_blob_series){.run = own(s, strdup(run)), .tag = own(s, strdup(tag)), .n = n, .at = at};
}

void sample_add_text(sample *s, const char *run, const char *tag, const char *text)
{
    leat_blob *at = own(s, calloc(1, sizeof *at));
    *at = (leat_blob){7, 1496739923, strlen(text), own(s, strdup(text))};
    s->texts[s->data.n_texts++] =
        (leat_blob_series){.run = own(s, strdup(run)), .tag = own(s, strdup(tag)), .n = 1, .at = at};
}

leat_status sample_trace(const leat_plot_data *data, const leat_plot_options *options, leat_metrics metrics,
                         leat_buf *out)
{
    leat_figure *f;
    leat_canvas *c = NULL;
    LEAT_TRY(leat_figure_new(&f, data, options));
    leat_canvas_options canvas_options = {.metrics = metrics};
    leat_status status = leat_canvas_new(&c, &leat_canvas_trace, &canvas_options);
    if (status == LEAT_OK) {
        leat_figure_draw(f, c, 0, f->n_panels);
        status = leat_canvas_finish(c, out);
    }
    leat_canvas_free(c);
    leat_figure_free(f);
    return status;
}
