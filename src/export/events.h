/* Records of TensorBoard's event files, with the bytes that TensorFlow's writer gives them.
 *
 * A record is a message Event (tensorflow/core/util/event.proto) in the frame of TFRecord files: its length in 8 bytes,
 * a checksum of these in 4, the message, a checksum of it in 4, all little endian. The checksum is CRC-32C, turned and
 * shifted ("masked"; tensorflow/core/lib/hash/crc32c.h). A scalar is what tf.summary.scalar writes: a float32 tensor
 * without axes, of the plugin "scalars". */
#ifndef LS_EXPORT_EVENTS_H
#define LS_EXPORT_EVENTS_H

#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

/* What names of event files begin with. */
#define LS_EVENTS_PREFIX "events.out.tfevents."

/* Fields of an Event that readers look for. */
enum { LS_EVENTS_STEP = 2, LS_EVENTS_SUMMARY = 5 };

/* The frame's checksum. */
uint32_t ls_events_checksum(const void *bytes, size_t count);

/* Each appends to records. `time` is in seconds since 1970. */
/* What every file begins with. */
void ls_events_version(ls_text *records, double time);
/* A session starts at a step: what is in the folder of steps from there on, of whatever tag, counts no longer. Readers
 * take the first start in a folder for its beginning, after which nothing is to be dropped, so these are two. */
void ls_events_restart(ls_text *records, double time, int64_t step);
/* A value is rounded to float32; NaN and infinities are what they are. */
void ls_events_scalar(ls_text *records, double time, int64_t step, const char *tag, double value);

#endif
