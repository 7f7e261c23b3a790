#include "frontend/sdl/gui.h"

#include <imgui.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace ringshift {

namespace {

void set_keys(ImGuiIO& io) {
    for (const auto& [key, code] : {std::pair{ImGuiKey_Tab, SDL_SCANCODE_TAB},
                                    {ImGuiKey_LeftArrow, SDL_SCANCODE_LEFT},
                                    {ImGuiKey_RightArrow, SDL_SCANCODE_RIGHT},
                                    {ImGuiKey_UpArrow, SDL_SCANCODE_UP},
                                    {ImGuiKey_DownArrow, SDL_SCANCODE_DOWN},
                                    {ImGuiKey_PageUp, SDL_SCANCODE_PAGEUP},
                                    {ImGuiKey_PageDown, SDL_SCANCODE_PAGEDOWN},
                                    {ImGuiKey_Home, SDL_SCANCODE_HOME},
                                    {ImGuiKey_End, SDL_SCANCODE_END},
                                    {ImGuiKey_Delete, SDL_SCANCODE_DELETE},
                                    {ImGuiKey_Backspace, SDL_SCANCODE_BACKSPACE},
                                    {ImGuiKey_Space, SDL_SCANCODE_SPACE},
                                    {ImGuiKey_Enter, SDL_SCANCODE_RETURN},
                                    {ImGuiKey_KeyPadEnter, SDL_SCANCODE_KP_ENTER},
                                    {ImGuiKey_Escape, SDL_SCANCODE_ESCAPE},
                                    {ImGuiKey_A, SDL_SCANCODE_A},
                                    {ImGuiKey_C, SDL_SCANCODE_C},
                                    {ImGuiKey_V, SDL_SCANCODE_V},
                                    {ImGuiKey_X, SDL_SCANCODE_X}})
        io.KeyMap[key] = code;
}

const char* clipboard(void*) {
    // ImGui does not free it, so one is kept until the next.
    static thread_local std::unique_ptr<char, void (*)(void*)> kept(nullptr, SDL_free);
    kept.reset(SDL_GetClipboardText());
    return kept.get();
}

} // namespace

Gui::Gui(SDL_Renderer* renderer) : m_renderer(renderer), m_context(ImGui::CreateContext()) {
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
    io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
    io.GetClipboardTextFn = clipboard;
    io.SetClipboardTextFn = [](void*, const char* text) { SDL_SetClipboardText(text); };
    set_keys(io);
    ImGui::StyleColorsDark();
    ImGui::GetStyle().WindowRounding = 3;
    ImGui::GetStyle().AntiAliasedLinesUseTex = false; // a software renderer blurs them
    unsigned char* pixels = nullptr;
    int width = 0, height = 0;
    io.Fonts->GetTexDataAsRGBA32(&pixels, &width, &height);
    m_font = SDL_CreateTexture(renderer, SDL_PIXELFORMAT_ABGR8888, SDL_TEXTUREACCESS_STATIC, width, height);
    if (m_font != nullptr) {
        SDL_UpdateTexture(m_font, nullptr, pixels, 4 * width);
        SDL_SetTextureBlendMode(m_font, SDL_BLENDMODE_BLEND);
    }
    io.Fonts->SetTexID(m_font);
}

Gui::~Gui() {
    ImGui::DestroyContext(m_context);
    if (m_font != nullptr) SDL_DestroyTexture(m_font);
}

void Gui::handle(const SDL_Event& event, double density) {
    m_density = density;
    m_events.push_back(event);
}

/// Returns whether a key or button has changed.
bool Gui::apply(const SDL_Event& event) {
    ImGuiIO& io = ImGui::GetIO();
    const auto place = [&](int x, int y) {
        io.MousePos = ImVec2(static_cast<float>(x * m_density), static_cast<float>(y * m_density));
    };
    switch (event.type) {
    case SDL_MOUSEMOTION: place(event.motion.x, event.motion.y); return false;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
        place(event.button.x, event.button.y);
        if (event.button.button >= SDL_BUTTON_LEFT && event.button.button <= SDL_BUTTON_RIGHT) {
            constexpr int order[] = {0, 2, 1}; // SDL's middle button comes second
            io.MouseDown[order[event.button.button - SDL_BUTTON_LEFT]] = event.type == SDL_MOUSEBUTTONDOWN;
        }
        return true;
    case SDL_MOUSEWHEEL: io.MouseWheel += static_cast<float>(event.wheel.y); return false;
    case SDL_TEXTINPUT: io.AddInputCharactersUTF8(event.text.text); return false;
    case SDL_KEYDOWN:
    case SDL_KEYUP: {
        // ImGui's menus are entered by the space bar.
        const bool enters = event.key.keysym.scancode == SDL_SCANCODE_RETURN && !io.WantTextInput;
        const SDL_Scancode code = enters ? SDL_SCANCODE_SPACE : event.key.keysym.scancode;
        if (code < 0 || code >= static_cast<int>(std::size(io.KeysDown))) return false;
        io.KeysDown[code] = event.type == SDL_KEYDOWN;
        io.KeyShift = (event.key.keysym.mod & KMOD_SHIFT) != 0;
        io.KeyCtrl = (event.key.keysym.mod & KMOD_CTRL) != 0;
        io.KeyAlt = (event.key.keysym.mod & KMOD_ALT) != 0;
        return true;
    }
    default: return false;
    }
}

void Gui::release() {
    m_events.clear();
    ImGuiIO& io = ImGui::GetIO();
    std::fill(std::begin(io.KeysDown), std::end(io.KeysDown), false);
    std::fill(std::begin(io.MouseDown), std::end(io.MouseDown), false);
    io.KeyShift = io.KeyCtrl = io.KeyAlt = false;
}

void Gui::begin(int width, int height, int scale) {
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = ImVec2(static_cast<float>(width), static_cast<float>(height));
    io.FontGlobalScale = static_cast<float>(scale);
    const Uint64 now = SDL_GetPerformanceCounter();
    const double passed = static_cast<double>(now - m_last_frame) / static_cast<double>(SDL_GetPerformanceFrequency());
    io.DeltaTime = static_cast<float>(std::clamp(passed, 0.001, 0.1));
    m_last_frame = now;
    for (bool changed = false; !changed && !m_events.empty(); m_events.pop_front()) changed = apply(m_events.front());
    ImGui::NewFrame();
}

void Gui::end() {
    ImGui::Render();
    draw(*ImGui::GetDrawData());
}

void Gui::draw(const ImDrawData& data) {
    for (int n = 0; n < data.CmdListsCount; ++n) {
        const ImDrawList& list = *data.CmdLists[n];
        for (const ImDrawCmd& command : list.CmdBuffer) {
            const SDL_Rect clip{static_cast<int>(command.ClipRect.x), static_cast<int>(command.ClipRect.y),
                                static_cast<int>(command.ClipRect.z - command.ClipRect.x),
                                static_cast<int>(command.ClipRect.w - command.ClipRect.y)};
            if (command.UserCallback != nullptr || clip.w <= 0 || clip.h <= 0) continue;
            const ImDrawVert* first = list.VtxBuffer.Data + command.VtxOffset;
            SDL_RenderSetClipRect(m_renderer, &clip);
            SDL_RenderGeometryRaw(
                m_renderer, static_cast<SDL_Texture*>(command.GetTexID()), &first->pos.x, sizeof(ImDrawVert),
                reinterpret_cast<const SDL_Color*>(&first->col), sizeof(ImDrawVert), &first->uv.x, sizeof(ImDrawVert),
                list.VtxBuffer.Size - static_cast<int>(command.VtxOffset), list.IdxBuffer.Data + command.IdxOffset,
                static_cast<int>(command.ElemCount), sizeof(ImDrawIdx));
        }
    }
    SDL_RenderSetClipRect(m_renderer, nullptr);
}

} // namespace ringshift
