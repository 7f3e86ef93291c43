// decoder.c is what Go calls in the WebAssembly module: open, decode, finish. Conversion to RGB is
// that of Pillow's AvifImagePlugin: 8 bits, libavif's automatic upsampling of chroma, no tone
// mapping, colours not multiplied by alpha.

#include <stdlib.h>

#include "avif/avif.h"

#define EXPORT(name) __attribute__((export_name(name)))

// What open tells. Go reads these fields in this order.
typedef struct {
    uint32_t width, height, depth, frames, alpha;
} about;

static avifDecoder *decoder;
static avifRGBImage rgb;
static about found;

EXPORT("allocate") void *allocate(size_t size) { return malloc(size); }

// open parses a file of size bytes, which must stay where it is, and returns an avifResult.
EXPORT("open") int open_file(const uint8_t *file, size_t size) {
    decoder = avifDecoderCreate();
    if (!decoder) {
        return AVIF_RESULT_OUT_OF_MEMORY;
    }
    decoder->ignoreExif = AVIF_TRUE;
    decoder->ignoreXMP = AVIF_TRUE;
    decoder->maxThreads = 1;
    decoder->strictFlags &= ~(AVIF_STRICT_CLAP_VALID | AVIF_STRICT_PIXI_REQUIRED);
    avifResult result = avifDecoderSetIOMemory(decoder, file, size);
    if (result == AVIF_RESULT_OK) {
        result = avifDecoderParse(decoder);
    }
    if (result == AVIF_RESULT_OK) {
        found = (about){decoder->image->width, decoder->image->height, decoder->image->depth, (uint32_t)decoder->imageCount,
                        (uint32_t)decoder->alphaPresent};
    }
    return result;
}

EXPORT("about") const about *what(void) { return &found; }

// decode decodes the frame of an index, from 0, and returns an avifResult.
EXPORT("decode") int decode(uint32_t frame) {
    avifResult result = avifDecoderNthImage(decoder, frame);
    if (result != AVIF_RESULT_OK) {
        return result;
    }
    if (decoder->image->width != found.width || decoder->image->height != found.height) {
        return AVIF_RESULT_INVALID_IMAGE_GRID;
    }
    avifRGBImageFreePixels(&rgb);
    avifRGBImageSetDefaults(&rgb, decoder->image);
    rgb.depth = 8;
    rgb.format = found.alpha ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
    rgb.maxThreads = 1;
    result = avifRGBImageAllocatePixels(&rgb);
    if (result != AVIF_RESULT_OK) {
        return result;
    }
    return avifImageYUVToRGB(decoder->image, &rgb);
}

// pixels returns the rows of the decoded frame, 3 bytes a pixel, or 4 with alpha, without padding.
EXPORT("pixels") const uint8_t *pixels(void) { return rgb.pixels; }

EXPORT("message") const char *message(int result) { return avifResultToString(result); }
