/* Models as ONNX: operators of opset 13 only, IR version 7, so that runtimes from 2020 on (onnxruntime 1.6) take them.
 */
#ifndef LS_EXPORT_ONNX_H
#define LS_EXPORT_ONNX_H

#include "export/exported.h"

#include <stdio.h>

/* Local. Writes the file's bytes. One input, `features` [N, features], float32 (float64 where offsets are taken from
 * it), one output, `predictions` [N, outputs]; the metadata are those of facts.h. LS_ERR_USAGE names what ONNX cannot
 * hold: more than 2 GiB, a kind of layer without operators. LS_ERR_MEMORY, LS_ERR_OUTPUT. */
ls_status ls_export_onnx(const ls_exported *model, FILE *out);

#endif
