/* Kinds by their magic numbers, and texts that are no tables by how they begin. */
#include "files/kinds.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define THEN "then use lockstep convert"
/* The way out by pandas, which nearly everyone has who has such files. */
#define PANDAS(reader)                                                                                                 \
    "write it as CSV with Python, pandas." reader "(\"FILE\").to_csv(\"FILE.csv\", index=False), " THEN
#define HDF5                                                                                                           \
    "it is HDF5, no table: give the file by its name, which ends in .h5; standard input and .csv are for tables"
#define PICKLE  "it is a Python pickle: write its arrays with numpy.savez or h5py"
#define NETCDF  "it is NetCDF classic: convert it with nccopy -k nc4"
#define R_DATA  "it is R data: write it as CSV in R with write.csv(x, \"FILE.csv\", row.names=FALSE), " THEN
#define PICTURE "it is a picture: write the pictures' pixels as one array, with numpy.save"
#define WEB     "it is a web page (HTML), perhaps what came instead of a download"

typedef struct kind {
    const char *magic;
    size_t length, at; /* of the magic */
    const char *text;
    bool word; /* the magic could be a column's name, so what follows must not be text */
} kind;

#define MAGIC(magic, at, text)                                                                                         \
    {                                                                                                                  \
        magic, sizeof magic - 1, at, text, false                                                                       \
    }
#define WORD(magic, text)                                                                                              \
    {                                                                                                                  \
        magic, sizeof magic - 1, 0, text, true                                                                         \
    }

static const kind kinds[] = {
    MAGIC("CDF\x01", 0, NETCDF),
    MAGIC("CDF\x02", 0, NETCDF),
    MAGIC("CDF\x05", 0, NETCDF),
    WORD("PAR1", "it is Parquet: " PANDAS("read_parquet")),
    WORD("ARROW1", "it is Arrow (Feather): " PANDAS("read_feather")),
    WORD("FEA1", "it is Feather, of its first version: " PANDAS("read_feather")),
    WORD("ORC", "it is ORC: " PANDAS("read_orc")),
    MAGIC("Obj\x01", 0, "it is Avro: write its records as CSV, " THEN),
    WORD("BZh", "it is bzip2-compressed: unpack it with bzip2 -d first"),
    MAGIC("\xfd"
          "7zXZ",
          0, "it is xz-compressed: unpack it with xz -d first"),
    MAGIC("\x28\xb5\x2f\xfd", 0, "it is zstd-compressed: unpack it with zstd -d first"),
    MAGIC("\x04\x22\x4d\x18", 0, "it is lz4-compressed: unpack it with lz4 -d first"),
    MAGIC("\x1f\x9d", 0, "it is packed by compress (.Z): unpack it with gzip -d first"),
    MAGIC("7z\xbc\xaf\x27\x1c", 0, "it is a 7z archive: unpack it with 7z x first"),
    WORD("Rar!", "it is a RAR archive: unpack it with unrar x first"),
    MAGIC("ustar", 257, "it is a tar archive: unpack it with tar -xf first, and name the file in it"),
    MAGIC("\x80\x02", 0, PICKLE),
    MAGIC("\x80\x03", 0, PICKLE),
    MAGIC("\x80\x04\x95", 0, PICKLE),
    MAGIC("\x80\x05\x95", 0, PICKLE),
    MAGIC("MATLAB 5.0", 0,
          "it is a MATLAB file older than 7.3: save it in MATLAB with -v7.3, or write its arrays with h5py or "
          "numpy.savez "
          "(scipy.io.loadmat reads them)"),
    MAGIC("RDX2\n", 0, R_DATA),
    MAGIC("RDX3\n", 0, R_DATA),
    MAGIC("RDA2\n", 0, R_DATA),
    MAGIC("RDA3\n", 0, R_DATA),
    MAGIC("X\n\0\0\0", 0, R_DATA),
    MAGIC("SQLite format 3", 0,
          "it is an SQLite database: write a table of it as CSV with sqlite3 -header -csv FILE \"select * from "
          "TABLE\", " THEN),
    MAGIC("\x0e\x03\x13\x01", 0, "it is HDF4: convert it with h4toh5"),
    MAGIC("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0,
          "it is an Excel spreadsheet (.xls) or another file of old Microsoft Office: save it as CSV, " THEN),
    MAGIC("$FL2", 0, "it is SPSS data: " PANDAS("read_spss")),
    MAGIC("<stata_dta>", 0, "it is Stata data: " PANDAS("read_stata")),
    MAGIC("\xc2\xea\x81\x60\xb3\x14\x11\xcf", 12, "it is SAS data: " PANDAS("read_sas")),
    MAGIC("HEADER RECORD*******", 0, "it is a SAS transport file: " PANDAS("read_sas")),
    MAGIC("SIMPLE  =", 0,
          "it is FITS: write its table as CSV with astropy, Table.read(FILE).write(\"FILE.csv\"), " THEN),
    MAGIC("%PDF", 0, "it is a PDF document: write its table as CSV, " THEN),
    MAGIC("\x89PNG", 0, PICTURE),
    MAGIC("\xff\xd8\xff", 0, PICTURE),
    WORD("GIF8", PICTURE),
    MAGIC("II*\0", 0, PICTURE),
    MAGIC("MM\0*", 0, PICTURE),
    MAGIC("\x7f"
          "ELF",
          0, "it is a program"),
    MAGIC("version https://git-lfs", 0, "it only says where Git LFS keeps the file: get it with git lfs pull"),
};

static bool begins(const char *text, const char *word)
{
    return strncasecmp(text, word, strlen(word)) == 0;
}

/* Lines that begin with a percent sign and empty ones may stand in front of ARFF's first word. */
static bool is_arff(const char *text)
{
    while (*text == '%' || *text == '\n' || *text == '\r' || *text == ' ')
        text += *text == '%' ? strcspn(text, "\n") : 1;
    return begins(text, "@relation");
}

/* An object, or an array of objects or arrays. A table's header may begin with a bracket as well, but not so. */
static bool is_json(const char *text)
{
    static const char space[] = " \t\r\n";
    if (*text != '{' && *text != '[')
        return false;
    const char *next = text + 1 + strspn(text + 1, space);
    if (*text == '[')
        return *next == '{' || *next == '[';
    const char *end = *next == '"' ? strchr(next + 1, '"') : NULL;
    return end != NULL && end[1 + strspn(end + 1, space)] == ':';
}

/* "ROWS INPUTS OUTPUTS", and then lines of inputs and outputs in turn. */
static bool is_fann(const char *text)
{
    long number[3] = {0};
    const char *c = text;
    for (int i = 0; i < 3; i++) {
        if (*c < '1' || *c > '9')
            return false;
        for (; *c >= '0' && *c <= '9' && number[i] < 1000000000; c++)
            number[i] = 10 * number[i] + (*c - '0');
        c += strspn(c, " \t\r");
    }
    if (*c++ != '\n')
        return false;
    long fields = 0;
    for (bool within = false; *c != '\0' && *c != '\n'; c++) {
        const bool is_space = *c == ' ' || *c == '\t' || *c == '\r';
        fields += !is_space && !within;
        within = !is_space;
    }
    return *c == '\n' && fields == number[1];
}

/* Texts that are no tables. */
static const char *text_kind(const char *text)
{
    if (begins(text, "\xEF\xBB\xBF"))
        text += 3;
    text += strspn(text, " \t\r\n");
    if (begins(text, "<!DOCTYPE html") || begins(text, "<html"))
        return WEB;
    if (begins(text, "<?xml"))
        return "it is XML: write it as CSV, " THEN;
    if (is_arff(text))
        return "it is ARFF: leave out what stands in front of its rows, sed '1,/^@data/Id' FILE >FILE.csv, and convert "
               "that with --header off; @attribute names the columns in their order";
    if (is_json(text))
        return "it is JSON: " PANDAS("read_json") " (lines=True where each line is an object)";
    if (is_fann(text))
        return "it is text for FANN, whose first line says rows, inputs and outputs: tail -n +2 FILE | paste -d ' ' - "
               "- "
               ">FILE.txt makes a table of it, for lockstep convert with --delimiter space --header off";
    return NULL;
}

bool ls_kinds_is_text(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((bytes[i] < 32 && bytes[i] != '\n' && bytes[i] != '\r' && bytes[i] != '\t') || bytes[i] == 127 ||
            bytes[i] >= 0xf8) /* in no UTF-8 */
            return false;
    return count > 0;
}

const char *ls_kinds_of(const unsigned char *bytes, size_t count)
{
    char text[LS_FILE_KIND_BYTES + 1];
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const kind *k = &kinds[i];
        if (count >= k->at + k->length && memcmp(bytes + k->at, k->magic, k->length) == 0 &&
            !(k->word && count > k->length && ls_kinds_is_text(bytes, count)))
            return k->text;
    }
    if (count > LS_FILE_KIND_BYTES)
        count = LS_FILE_KIND_BYTES;
    memcpy(text, bytes, count);
    text[count] = '\0';
    return strlen(text) == count ? text_kind(text) : NULL;
}

const char *ls_kinds_of_no_table(const unsigned char *bytes, size_t count)
{
    static const kind others[] = {
        MAGIC("\x89HDF", 0, HDF5),
        MAGIC("MATLAB 7.3", 0, HDF5),
        MAGIC("\x93NUMPY", 0, "it is an array of NumPy, no table: lockstep convert makes HDF5 of it"),
        MAGIC("PK\3\4", 0,
              "it is a zip archive, no table: lockstep convert takes arrays of NumPy (.npz); unpack others"),
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (count >= others[i].length && memcmp(bytes, others[i].magic, others[i].length) == 0)
            return others[i].text;
    return ls_kinds_of(bytes, count);
}
