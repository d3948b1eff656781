/* What stands in front of an exported C file's functions. */
#include "export/c_head.h"

#include "export/c_values.h"

static const char promise[] =
    " * The outputs have the bits of lockstep predict with every compiler, option and processor, where float and\n"
    " * double are IEEE 754's, rounding is to nearest and denormals are kept. So -ffast-math is refused; clang's\n"
    " * -ffp-contract=fast must not be given either, of which a file cannot know. Of libm it takes fmaf, fma and sqrt\n"
    " * (link with -lm); where compilers may use the processor's own fmaf (-march=native, -mfma) it is many times\n"
    " * faster. Nothing is allocated or kept between calls: any number of threads may call.\n";

static ls_status write_comment(const ls_c_file *f, FILE *out)
{
    const ls_network *network = f->network;
    const char *name = f->name, *type = ls_c_file_type(f);
    ls_text layers = {0};
    ls_layers_format(network->layers, network->count, &layers);
    const ls_status status = ls_text_status(&layers);
    (void)fprintf(out, "/* %s: a model as a C99 file that needs nothing else, written by lockstep export.\n *\n", name);
    (void)fputs(" * model   ", out);
    ls_c_values_comment(f->model->origin ? f->model->origin : "", out);
    (void)fprintf(out, "\n * layers  %lld features, ", (long long)network->features);
    ls_c_values_comment(ls_text_string(&layers), out);
    ls_text_free(&layers);
    if (network->prepared[0]) {
        (void)fputs("\n * data    ", out);
        ls_c_values_comment(network->prepared, out);
    }
    (void)fprintf(out,
                  "\n *\n"
                  " *     void %s_predict(const %s *features, float *outputs);                      one row\n"
                  " *     void %s_predict_rows(size_t rows, const %s *features, float *outputs);    row after row\n"
                  " *\n"
                  " * Other files that define %s_DECLARATIONS and include this one get the declarations only.\n"
                  " *\n%s"
                  " * A call takes %s_STACK bytes of stack, and little more. outputs may not overlap features.\n",
                  name, type, name, type, f->macro, promise, f->macro);
    if (ls_maps_offset(f->model))
        (void)fputs(" * Features are double: their column's offset is taken from them before they become float.\n",
                    out);
    if (ls_maps_fill(f->model))
        (void)fputs(" * Features that are missing are NaN; what is not finite is filled in, as in training.\n", out);
    if (!f->model->maps)
        (void)fputs(" * Features are normalised already and outputs are not scaled back: --normalization off.\n", out);
    (void)fputs(" */\n", out);
    return status;
}

static void write_declarations(const ls_c_file *f, FILE *out)
{
    const ls_network *network = f->network;
    const char *name = f->name, *macro = f->macro;
    (void)fprintf(out,
                  "#ifndef %s_FEATURES\n"
                  "#include <stddef.h>\n"
                  "#include <stdint.h>\n\n"
                  "#define %s_FEATURES %lld\n"
                  "#define %s_OUTPUTS  %lld\n"
                  "#define %s_STACK    %lld /* bytes */\n\n"
                  "#ifdef __cplusplus\nextern \"C\" {\n#endif\n",
                  macro, macro, (long long)network->features, macro, (long long)network->outputs, macro,
                  ls_c_file_stack(f));
    (void)fprintf(out,
                  "void %s_predict(const %s *features, float *outputs);\n"
                  "void %s_predict_rows(size_t rows, const %s *features, float *outputs);\n",
                  name, ls_c_file_type(f), name, ls_c_file_type(f));
    if (f->model->features)
        (void)fprintf(out, "extern const char *const %s_feature_names[%s_FEATURES];\n", name, macro);
    if (f->model->classes)
        (void)fprintf(out, "extern const char *const %s_class_names[%s_OUTPUTS];\n", name, macro);
    if (network->class_count > 0)
        (void)fprintf(out, "extern const int64_t %s_class_labels[%lld]; /* what the data calls each class */\n", name,
                      (long long)network->class_count);
    (void)fputs("#ifdef __cplusplus\n}\n#endif\n#endif\n\n", out);
}

/* The first lines for gcc, which does not know C's pragma; then for clang, for options that no macro tells of. */
static const char strict[] = "#if defined(__GNUC__) && !defined(__clang__)\n"
                             "#pragma GCC push_options\n"
                             "#pragma GCC optimize(\"fp-contract=off\")\n"
                             "#else\n"
                             "#if defined(__clang__) && defined(__x86_64__) && __clang_major__ >= 14\n"
                             "#pragma float_control(precise, on, push)\n"
                             "#endif\n"
                             "#pragma STDC FP_CONTRACT OFF\n"
                             "#endif\n\n";

static const char strict_end[] = "#if defined(__GNUC__) && !defined(__clang__)\n"
                                 "#pragma GCC pop_options\n"
                                 "#elif defined(__clang__) && defined(__x86_64__) && __clang_major__ >= 14\n"
                                 "#pragma float_control(pop)\n"
                                 "#endif\n";

/* No product is fused with a sum of another statement, and nothing is reordered. */
static void write_guards(const ls_c_file *f, FILE *out)
{
    (void)fprintf(
        out,
        "#ifndef %s_DECLARATIONS\n"
        "#include <float.h>\n"
        "#include <math.h>\n"
        "#include <string.h>\n\n"
        "#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ > 0) || \\\n"
        "    defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__)\n"
        "#error \"compile this file without -ffast-math, -Ofast and their kin: they change its results\"\n"
        "#endif\n"
        "#if FLT_RADIX != 2 || FLT_MANT_DIG != 24 || DBL_MANT_DIG != 53 || \\\n"
        "    (FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16)\n"
        "#error \"float and double must be evaluated in their own type (on 32-bit x86: -msse2 -mfpmath=sse)\"\n"
        "#endif\n"
        "%s",
        f->macro, strict);
}

ls_status ls_c_head_write(const ls_c_file *f, FILE *out)
{
    LS_TRY(write_comment(f, out));
    write_declarations(f, out);
    write_guards(f, out);
    return LS_OK;
}

void ls_c_head_close(FILE *out)
{
    (void)fprintf(out, "\n%s#endif\n", strict_end);
}
