/* What `leat inspect` says of a checkpoint. */
#include "config.h"
#include "checkpoint-private.h"

#include <string.h>
#include "base/sha256-private.h"

static void put_json_string(leat_buf *b, const char *text, size_t n)
{
    leat_buf safe = {0};
    if (!leat_utf8_valid(text, n)) { /* JSON has no way to hold such a name */
        leat_buf_put_escaped(&safe, text, n);
        b->failed |= safe.failed;
        text = safe.data != NULL ? safe.data : "";
        n = safe.size;
    }
    leat_buf_putc(b, '"');
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '"' || text[i] == '\\')
            leat_buf_printf(b, "\\%c", text[i]);
        else if ((uint8_t)text[i] < 0x20 || text[i] == 0x7f)
            leat_buf_printf(b, "\\u%04x", (unsigned)(uint8_t)text[i]);
        else
            leat_buf_putc(b, text[i]);
    }
    leat_buf_putc(b, '"');
    leat_buf_free(&safe);
}

static void hash_bytes(void *user, const void *bytes, size_t n)
{
    leat_sha256_update(user, bytes, n);
}

/* A string counts with its length before it, so that ["a", "b"] is not ["ab", ""]. */
static leat_status hash_strings(leat_bundle *b, const leat_bundle_entry *e, leat_sha256 *hash)
{
    leat_arena arena = {0};
    leat_bytes *strings = leat_alloc((size_t)e->elements * sizeof *strings);
    leat_status status = strings != NULL ? leat_bundle_read_strings(b, e, NULL, strings, e->elements, &arena)
                                         : leat_fail_memory((size_t)e->elements * sizeof *strings);
    for (int64_t i = 0; i < e->elements && status == LEAT_OK; i++) {
        uint32_t n = (uint32_t)strings[i].size;
        leat_sha256_update(hash, &n, sizeof n);
        leat_sha256_update(hash, strings[i].data, strings[i].size);
    }
    leat_free(strings);
    leat_arena_free(&arena);
    return status;
}

static leat_status hash_tensor(leat_bundle *b, const leat_bundle_entry *e, char hex[65])
{
    leat_sha256 hash;
    leat_sha256_init(&hash);
    leat_status status = e->status == LEAT_OK && e->type->number == LEAT_DATA_TYPE_STRING
                             ? hash_strings(b, e, &hash)
                             : leat_bundle_scan(b, e, hash_bytes, &hash);
    leat_sha256_hex(&hash, hex);
    return status;
}

static void put_json(leat_buf *out, const leat_bundle_entry *e, leat_status status, const char *hex)
{
    leat_buf_puts(out, "{\"name\": ");
    put_json_string(out, e->name, e->name_size);
    if (e->described) {
        leat_buf_printf(out, ", \"dtype\": \"%s\", \"shape\": ", e->type->name);
        leat_bundle_put_shape(out, e->meta.rank, e->meta.dims);
    }
    if (status == LEAT_OK) {
        leat_buf_printf(out, ", \"sha256\": \"%s\"}", hex);
        return;
    }
    leat_buf_puts(out, ", \"error\": ");
    put_json_string(out, leat_message(), strlen(leat_message()));
    leat_buf_putc(out, '}');
}

static void put_line(leat_buf *out, const leat_bundle_entry *e, leat_status status, bool verified)
{
    leat_buf_put_escaped(out, e->name, e->name_size);
    if (e->described) {
        leat_buf_printf(out, "  %s", e->type->name);
        leat_bundle_put_shape(out, e->meta.rank, e->meta.dims);
        if (e->meta.slices > 0)
            leat_buf_printf(out, "  %zu slices", e->meta.slices);
    }
    if (status != LEAT_OK)
        leat_buf_printf(out, "  UNREADABLE: %s", leat_message());
    else if (verified)
        leat_buf_puts(out, "  ok");
    leat_buf_putc(out, '\n');
}

/* A failure of the tensor is told in its line; only that of the listing itself is returned. */
static leat_status put_tensor(leat_bundle *b, const leat_bundle_entry *e, const leat_listing *how,
                              const leat_bundle_check *check, leat_buf *out, leat_listing_count *count)
{
    char hex[65] = "";
    leat_status status;
    if (how->json)
        status = hash_tensor(b, e, hex);
    else if (how->verify)
        status = leat_bundle_check_tell(b, check, count->tensors, e);
    else
        status = e->status == LEAT_OK ? LEAT_OK : leat_fail(e->status, "%s", e->error.data);
    if (status == LEAT_ERR_NO_MEMORY)
        return status;
    if (how->json)
        leat_buf_puts(out, count->tensors > 0 ? ",\n " : "\n ");
    if (how->json)
        put_json(out, e, status, hex);
    else
        put_line(out, e, status, how->verify);
    count->tensors++;
    count->unreadable += status != LEAT_OK;
    if (e->described)
        count->elements += e->elements;
    return leat_buf_status(out);
}

leat_status leat_checkpoint_list(const char *prefix, const leat_listing *how, leat_buf *out,
                                 leat_listing_count *count)
{
    leat_bundle *b;
    leat_bundle_entry e = {0};
    leat_bundle_check check = {0};
    *count = (leat_listing_count){0};
    LEAT_TRY(leat_bundle_open(&b, prefix));
    leat_status status = how->verify ? leat_bundle_verify_rest(b) : LEAT_OK;
    if (status == LEAT_OK && how->verify && !how->json) /* what is hashed is read anyway */
        status = leat_bundle_check_all(b, &check);
    if (how->json)
        leat_buf_puts(out, "{\"tensors\": [");
    if (status == LEAT_OK)
        status = leat_bundle_first(b, &e);
    while (status == LEAT_OK && e.valid) {
        status = put_tensor(b, &e, how, &check, out, count);
        if (status == LEAT_OK)
            status = leat_bundle_next(b, &e);
    }
    count->shards = leat_bundle_shards(b);
    if (how->json)
        leat_buf_puts(out, "]}\n");
    else if (status == LEAT_OK)
        leat_buf_printf(out, "%zu tensors, %lld elements, %d data file%s", count->tensors,
                        (long long)count->elements, count->shards, count->shards == 1 ? "" : "s");
    if (!how->json && status == LEAT_OK)
        leat_buf_printf(out, count->unreadable > 0 ? ", %zu unreadable\n" : "\n", count->unreadable);
    leat_bundle_check_free(&check);
    leat_bundle_entry_free(&e);
    leat_bundle_close(b);
    return status == LEAT_OK ? leat_buf_status(out) : status;
}
