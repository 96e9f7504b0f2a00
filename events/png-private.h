/* png-private.h - PNG images in memory, through libpng, whose allocations are ours. */
#ifndef LEAT_PNG_PRIVATE_H
#define LEAT_PNG_PRIVATE_H

#include "base/base-private.h"

typedef struct leat_png_image {
    uint8_t *pixels; /* RGBA, height rows of 4 * width bytes; leat_free */
    uint32_t width, height;
} leat_png_image;

/* Appends height x width x channels bytes (1 grey, 2 grey and alpha, 3 RGB, 4 RGBA) as a PNG. */
leat_status leat_png_encode(leat_buf *out, const uint8_t *pixels, size_t height, size_t width,
                            size_t channels) LEAT_PRIV(png_encode) LEAT_MUST_CHECK;
/* Width and height of a PNG, from its header alone; false if it is none. */
bool leat_png_dimensions(const void *png, size_t size, uint32_t *width, uint32_t *height)
    LEAT_PRIV(png_dimensions);
/* Decodes any PNG; one of more than `limit` pixels is refused before anything is allocated for it. */
leat_status leat_png_decode(leat_png_image *image, const void *png, size_t size, uint64_t limit)
    LEAT_PRIV(png_decode) LEAT_MUST_CHECK;

#endif
