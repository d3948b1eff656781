/* What is exported: a network with its weights, and the names that go along. */
#ifndef LS_EXPORT_EXPORTED_H
#define LS_EXPORT_EXPORTED_H

#include "model/network.h"

#include <stdbool.h>

typedef struct ls_exported {
    const ls_network *network;   /* layers, maps, class labels */
    const float *block;          /* its weights */
    bool maps;                   /* normalisation of features and scaling of targets are part of it */
    const char *const *features; /* (network->features) names; NULL: none */
    const char *const *classes;  /* (outputs) names of classes; NULL: none */
    const char *origin;          /* the file it came from, for comments */
    const char *path;            /* the file that is written, for names in it; NULL: the origin */
} ls_exported;

#endif
