/* Sheets of images: what is decoded, what is only named or handed on, and what would do harm. */
#include "check.h"
#include "tests/viz/sample.h"
#include "viz/figure-private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The beginnings of image files: 3 x 2 pixels, or nothing that says a size. */
static const struct {
    const char *what, *name;
    size_t n;
    const char *bytes;
    uint32_t width, height;
} files[] = {
    {"JPEG", "JPEG", 30,
     "\xff\xd8\xff\xe0\0\x06"
     "JFIF\xff\xff\xc4\0\x04zz\xff\xc2\0\x0b\x08\0\x02\0\x03\x01\x01\x11\0",
     3, 2},
    {"JPEG without a frame", "JPEG", 20,
     "\xff\xd8\xff\xe0\0\x06"
     "JFIF\xff\xda\0\x04zzzzzz",
     0, 0},
    {"JPEG whose length is 0", "JPEG", 20,
     "\xff\xd8\xff\xe0\0\0"
     "JFIFzzzzzzzzzz",
     0, 0},
    {"JPEG that ends", "JPEG", 3, "\xff\xd8\xff", 0, 0},
    {"GIF", "GIF", 10, "GIF89a\3\0\2\0", 3, 2},
    {"GIF that ends", "GIF", 6, "GIF87a", 0, 0},
    {"BMP", "BMP", 26, "BM............\x28\0\0\0\3\0\0\0\2\0\0\0", 3, 2},
    {"BMP from the top", "BMP", 26, "BM............\x28\0\0\0\3\0\0\0\xfe\xff\xff\xff", 3, 2},
    {"WebP, lossy", "WebP", 30, "RIFF....WEBPVP8 ....\x9d\x01\x2a...\3\0\2\0", 3, 2},
    {"WebP, lossless", "WebP", 30, "RIFF....WEBPVP8L....\x2f\2\x40\0\0.....", 3, 2},
    {"WebP, extended", "WebP", 30, "RIFF....WEBPVP8X........\2\0\0\1\0\0", 3, 2},
    {"RIFF, but sound", "WebP", 30, "RIFF....WAVEfmt ..............", 0, 0},
    {"text", NULL, 5, "hello", 0, 0},
    {"nothing", NULL, 0, "", 0, 0},
};

LEAT_TEST(headers_of_image_files_are_read)
{
    for (size_t i = 0; i < LEAT_LEN(files); i++)
        for (size_t n = 0; n <= files[i].n; n++) { /* and any beginning of one */
            char *copy = malloc(n ? n : 1);        /* so that a sanitizer sees what is read beyond */
            leat_image_facts facts;
            memcpy(copy, files[i].bytes, n);
            bool good = leat_image_facts_of(copy, n, &facts);
            free(copy);
            if (n < files[i].n)
                continue;
            if (!CHECK(good == (files[i].width > 0)) ||
                !CHECK_STR(facts.name ? facts.name : "-", files[i].name ? files[i].name : "-"))
                printf("\n    %s\n", files[i].what);
            CHECK(!good || (facts.width == files[i].width && facts.height == files[i].height));
        }
}

static leat_status draw_sheet(const leat_blob *at, size_t n, const leat_canvas_class *class, leat_buf *out)
{
    leat_blob_series series = {.run = "r", .tag = "t", .n = n, .at = at};
    leat_plot_data data = {.images = &series, .n_images = 1};
    leat_plot_options o;
    leat_figure *f;
    leat_canvas *c = NULL;
    leat_plot_options_init(&o);
    o.kind = LEAT_PLOT_IMAGES;
    LEAT_TRY(leat_figure_new(&f, &data, &o));
    leat_status status = leat_canvas_new(&c, class, NULL);
    if (status == LEAT_OK) {
        leat_figure_draw(f, c, 0, 1);
        status = leat_canvas_finish(c, out);
    }
    leat_canvas_free(c);
    leat_figure_free(f);
    return status;
}

/* Readers of SVG decode what is not PNG themselves; elsewhere its format and size stand in its place. */
LEAT_TEST(images_of_other_formats_are_handed_on_or_named)
{
    leat_blob at[] = {{1, 0, 10, "GIF89a\3\0\2\0"}, {2, 0, files[0].n, files[0].bytes}, {3, 0, 5, "<svg>"}};
    leat_buf svg = {0}, text = {0}, png = {0};
    if (CHECK_OK(draw_sheet(at, 3, &leat_canvas_svg, &svg))) {
        CHECK(strstr(svg.data, "data:image/gif;base64,R0lGODlhAwACAA==") != NULL);
        CHECK(strstr(svg.data, "data:image/jpeg;base64,") != NULL);
        CHECK(strstr(svg.data, "not a PNG image") != NULL && strstr(svg.data, "image/svg") == NULL);
    }
    if (CHECK_OK(draw_sheet(at, 2, &leat_canvas_trace, &text)))
        CHECK(strstr(text.data, "\"GIF 3 × 2\"") != NULL && strstr(text.data, "\"JPEG 3 × 2\"") != NULL);
    CHECK_OK(draw_sheet(at, 3, &leat_canvas_png, &png));
    /* More pixels than a browser should make of a few bytes. */
    leat_blob bomb = {1, 0, 10, "GIF89a\xff\xff\xff\xff"};
    leat_buf_clear(&svg);
    if (CHECK_OK(draw_sheet(&bomb, 1, &leat_canvas_svg, &svg)))
        CHECK(strstr(svg.data, "data:") == NULL && strstr(svg.data, "GIF 65535 × 65535") != NULL);
    leat_buf_free(&svg);
    leat_buf_free(&text);
    leat_buf_free(&png);
}

/* BADINPUT 107, 122: no bytes, a row of 100,000 pixels, more pixels than any picture needs. */
LEAT_TEST(hostile_images_are_named)
{
    leat_buf wide = {0}, bomb = {0}, b = {0};
    uint32_t *pixels = calloc(100000, 4);
    REQUIRE_OK(leat_image_encode(&wide, &(leat_image){100000, 1, pixels}, NULL, 0));
    REQUIRE_OK(leat_image_encode(&bomb, &(leat_image){1, 1, pixels}, NULL, 0));
    memcpy(bomb.data + 16, "\x00\x00\xff\xff\x00\x00\xff\xff", 8); /* 65535 x 65535 */
    leat_blob at[] = {
        {1, 0, 0, ""}, {2, 0, wide.size, wide.data}, {3, 0, bomb.size, bomb.data}, {4, 0, 6, "GIF89a"}};
    leat_blob_series series = {.run = "r", .tag = "t", .n = 4, .at = at};
    leat_plot_data data = {.images = &series, .n_images = 1};
    leat_plot_options o;
    leat_plot_options_init(&o);
    o.kind = LEAT_PLOT_IMAGES;
    if (CHECK_OK(sample_trace(&data, &o, LEAT_METRICS_FIXED, &b))) {
        CHECK(strstr(b.data, "not a PNG image") != NULL && strstr(b.data, "65535") != NULL);
        CHECK(strstr(b.data, "pixels=336x2") != NULL);
        CHECK(strstr(b.data, "step 4") != NULL);
    }
    leat_buf_free(&b);
    leat_buf_free(&wide);
    leat_buf_free(&bomb);
    free(pixels);
}
