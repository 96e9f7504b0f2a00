/* The reader and writer of checkpoints as a program, for scripts that compare with TensorFlow:
 *     bundle-driver list PREFIX                      the JSON listing
 *     bundle-driver copy FROM TO [SHARDS [sliced] [snappy]]
 *     bundle-driver merge TO PREFIX...
 *     bundle-driver latest DIR
 *     bundle-driver publish KEEP PREFIX...           as a saver that keeps KEEP, after each was written */
#include "config.h"
#include "bundle-copy.h"
#include "engine/files/checkpoint-private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static leat_status list(const char *prefix)
{
    leat_buf text = {0};
    leat_listing_count count;
    leat_status status =
        leat_checkpoint_list(prefix, &(leat_listing){.json = true, .verify = true}, &text, &count);
    if (status == LEAT_OK)
        fwrite(text.data, 1, text.size, stdout);
    leat_buf_free(&text);
    return status;
}

static leat_status copy(int argc, char **argv)
{
    bundle_copy_options options = {.shards = argc > 2 ? atoi(argv[2]) : 0};
    for (int i = 3; i < argc; i++) {
        options.slice |= strcmp(argv[i], "sliced") == 0;
        options.snappy |= strcmp(argv[i], "snappy") == 0;
    }
    return bundle_copy(argv[0], argv[1], &options);
}

static leat_status latest(const char *dir)
{
    char *prefix;
    LEAT_TRY(leat_checkpoint_latest(dir, &prefix));
    puts(prefix);
    leat_free(prefix);
    return LEAT_OK;
}

static leat_status publish(int argc, char **argv)
{
    leat_checkpoint_keeper k;
    leat_checkpoint_keeper_init(&k, (size_t)atoi(argv[0]), 0, leat_wall_time());
    leat_status status = LEAT_OK;
    for (int i = 1; i < argc && status == LEAT_OK; i++)
        status = leat_checkpoint_keeper_add(&k, argv[i], leat_wall_time());
    leat_checkpoint_keeper_free(&k);
    return status;
}

int main(int argc, char **argv)
{
    leat_status status = LEAT_ERR_INVALID_ARGUMENT;
    const char *command = argc > 2 ? argv[1] : "";
    if (strcmp(command, "list") == 0)
        status = list(argv[2]);
    else if (strcmp(command, "copy") == 0 && argc > 3)
        status = copy(argc - 2, argv + 2);
    else if (strcmp(command, "merge") == 0 && argc > 3)
        status = leat_bundle_merge((const char *const *)argv + 3, (size_t)argc - 3, argv[2], true);
    else if (strcmp(command, "latest") == 0)
        status = latest(argv[2]);
    else if (strcmp(command, "publish") == 0)
        status = publish(argc - 2, argv + 2);
    if (status != LEAT_OK)
        fprintf(stderr, "bundle-driver: %s: %s\n", leat_status_text(status), leat_message());
    return status != LEAT_OK;
}
