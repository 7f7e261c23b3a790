#include "frontend/png.h"

#include <cerrno>
#include <fstream>
#include <png.h>

namespace ringshift {

namespace {

Result<std::vector<u8>> rgb_bytes(const std::string& path, const Picture& picture) {
    if (picture.width == 0 || picture.height == 0) return make_error("the screen is off: no picture for {}", path);
    std::vector<u8> rgb(std::size_t{picture.width} * picture.height * 3);
    for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
        rgb[3 * i] = static_cast<u8>(picture.pixels[i] >> 16);
        rgb[3 * i + 1] = static_cast<u8>(picture.pixels[i] >> 8);
        rgb[3 * i + 2] = static_cast<u8>(picture.pixels[i]);
    }
    return rgb;
}

} // namespace

Result<> write_ppm(const std::string& path, const Picture& picture) {
    const std::vector<u8> rgb = TRY(rgb_bytes(path, picture));
    std::ofstream file(path, std::ios::binary);
    file << fmt::format("P6\n{} {}\n255\n", picture.width, picture.height);
    file.write(reinterpret_cast<const char*>(rgb.data()), static_cast<std::streamsize>(rgb.size()));
    if (!file.flush()) return errno_error(errno, fmt::format("cannot write {}", path));
    return Unit{};
}

Result<> write_png(const std::string& path, const Picture& picture) {
    const std::vector<u8> rgb = TRY(rgb_bytes(path, picture));
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = picture.width;
    image.height = picture.height;
    image.format = PNG_FORMAT_RGB;
    if (png_image_write_to_file(&image, path.c_str(), 0, rgb.data(), 0, nullptr) == 0)
        return make_error("cannot write {}: {}", path, image.message);
    return Unit{};
}

} // namespace ringshift
