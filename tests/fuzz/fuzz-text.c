/* fuzz-text.c - any bytes as a graph in text format, or as wire bytes to be printed. The first byte says which, and which message.
 * An error with a message, or a canonical text that reads and prints as itself. */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "engine/files/graph-schema-private.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

/* Prints wire bytes, if they can be; the text is canonical. */
static void print(const leat_proto_message *m, const leat_buf *wire, bool must)
{
    leat_buf text = {0}, back = {0}, again = {0};
    leat_text_places places = {0};
    size_t unknown;
    leat_status status = leat_text_write(m, wire->data, wire->size, &text, &unknown);
    check(status == LEAT_OK || (!must && leat_message()[0] != '\0'));
    if (status == LEAT_OK) {
        check(leat_text_read(m, "fuzz", text.data, text.size, &back, &places) == LEAT_OK);
        check(leat_text_write(m, back.data, back.size, &again, &unknown) == LEAT_OK);
        check(unknown == 0 && text.size == again.size);
        check(text.size == 0 || memcmp(text.data, again.data, text.size) == 0);
        for (size_t i = 1; i < places.n; i++)
            check(places.items[i].offset > places.items[i - 1].offset &&
                  places.items[i].line >= places.items[i - 1].line);
    }
    leat_text_places_free(&places);
    leat_buf_free(&text);
    leat_buf_free(&back);
    leat_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const leat_proto_message *const messages[] = {leat_graph_def_message, leat_meta_graph_message,
                                                  leat_saved_model_message, leat_graph_def_message};
    leat_buf wire = {0};
    if (size == 0)
        return 0;
    const leat_proto_message *m = messages[bytes[0] & 3];
    if (bytes[0] & 4) {
        leat_buf_append(&wire, bytes + 1, size - 1);
        print(m, &wire, false);
    } else if (leat_text_read(m, "fuzz", (const char *)bytes + 1, size - 1, &wire, NULL) == LEAT_OK) {
        print(m, &wire, true);
    } else {
        check(leat_message()[0] != '\0');
    }
    leat_buf_free(&wire);
    return 0;
}
