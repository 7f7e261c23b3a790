#include "frontend/png.h"

#include <algorithm>
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

std::vector<u8> make_thumbnail(const Picture& picture, u32 width, u32 height) {
    if (picture.width == 0 || picture.height == 0) return {};
    const double scale =
        std::min({1.0, static_cast<double>(width) / picture.width, static_cast<double>(height) / picture.height});
    const u32 columns = std::max(1u, static_cast<u32>(picture.width * scale));
    const u32 rows = std::max(1u, static_cast<u32>(picture.height * scale));
    std::vector<u8> rgb;
    rgb.reserve(std::size_t{columns} * rows * 3);
    // Each pixel is the mean of those that it stands for.
    for (u32 y = 0; y < rows; ++y) {
        const u32 top = y * picture.height / rows, bottom = std::max(top + 1, (y + 1) * picture.height / rows);
        for (u32 x = 0; x < columns; ++x) {
            const u32 left = x * picture.width / columns, right = std::max(left + 1, (x + 1) * picture.width / columns);
            u32 red = 0, green = 0, blue = 0;
            for (u32 v = top; v < bottom; ++v) {
                for (u32 u = left; u < right; ++u) {
                    const u32 pixel = picture.pixels[std::size_t{v} * picture.width + u];
                    red += pixel >> 16 & 0xFF;
                    green += pixel >> 8 & 0xFF;
                    blue += pixel & 0xFF;
                }
            }
            const u32 count = (bottom - top) * (right - left);
            for (const u32 sum : {red, green, blue}) rgb.push_back(static_cast<u8>(sum / count));
        }
    }
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = columns;
    image.height = rows;
    image.format = PNG_FORMAT_RGB;
    png_alloc_size_t size = 0;
    if (png_image_write_to_memory(&image, nullptr, &size, 0, rgb.data(), 0, nullptr) == 0) return {};
    std::vector<u8> bytes(size);
    if (png_image_write_to_memory(&image, bytes.data(), &size, 0, rgb.data(), 0, nullptr) == 0) return {};
    bytes.resize(size);
    return bytes;
}

} // namespace ringshift
