/* Layers and activations as nodes of ONNX. */
#ifndef LS_EXPORT_ONNX_LAYERS_H
#define LS_EXPORT_ONNX_LAYERS_H

#include "export/onnx_graph.h"

/* The nodes of layer `index`, which reads the values `a` and, where it reads two layers, `b`; returns what it gives.
 * graph->status is LS_ERR_USAGE where its kind has none. */
ls_onnx_value ls_onnx_layers_put(ls_onnx_graph *graph, int index, ls_onnx_value a, ls_onnx_value b);

/* Those of the layer's activation. */
ls_onnx_value ls_onnx_layers_activate(ls_onnx_graph *graph, const ls_layer *layer, ls_onnx_value z);

#endif
