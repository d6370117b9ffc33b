/**
 * The player of one video: Plyr's controls over hls.js.
 *
 * While a video is encoded its playlists grow, and new masters list more renditions. An open
 * player goes on with the master that it has; it takes a newer one when nobody is watching.
 */

import Hls from "../../vendor/hls.min.mjs";
import Plyr from "../../vendor/plyr.min.mjs";

import { RangeLoader } from "./ranges.js";
import { thumbnails } from "./storyboard.js";
import { busy, languageName } from "./words.js";

const AUTOMATIC = 0; // no size of a rendition
const AGAIN_MS = 2_000;
const BEGINNING = { at: 0, isPlaying: false };
const CONTROLS = [
  "play-large", "play", "progress", "current-time", "duration", "mute", "volume", "captions",
  "settings", "pip", "airplay", "fullscreen",
];

export class Player {
  #media = null;
  #hls = null;
  #plyr = null;
  #video = null; // as the API showed it last
  #shown = ""; // which master and captions are loaded
  #hasBoard = false;
  #left = BEGINNING; // where to go on after what was played has gone
  #again = null;

  /** `lost()` is called when what was played is not there any more: the video is to be read. */
  constructor(place, lost) {
    Object.assign(this, { place, lost });
  }

  /** Show a video's present state; with null, let go of everything. */
  show(video) {
    if (video?.uuid !== this.#video?.uuid) {
      this.#close();
      this.#left = BEGINNING;
    }
    this.#video = video;
    if (!video) return;
    if (!video.playable || !address(video)) this.#wait();
    else if (!this.#media) this.#goOn();
    else if (this.#isIdle) this.#refresh();
    this.#board();
  }

  get #isIdle() {
    return this.#media.paused || this.#media.ended;
  }

  /** Nothing plays yet, or not any more: show the picture and say so. */
  #wait() {
    if (this.#media && !this.#isIdle) return; // what is buffered is watched to its end
    if (this.#media) this.#left = { at: this.#media.currentTime, isPlaying: false };
    this.#close();
    const words = document.createElement("p");
    words.textContent = waitingWords(this.#video);
    this.place.replaceChildren(words);
  }

  /** Load a newer master, where there is one, at the same place. */
  #refresh() {
    const { ended, currentTime } = this.#media;
    if (this.#shown !== shape(this.#video)) this.#open(ended ? 0 : currentTime);
  }

  /** Open where it was left; not while a failure is being waited out. */
  #goOn() {
    if (this.#again) return;
    const { at, isPlaying } = this.#left;
    this.#left = BEGINNING;
    this.#open(at, isPlaying);
  }

  #open(atS, isPlaying = false) {
    this.#close();
    const media = makeMedia(this.#video);
    this.place.replaceChildren(media);
    this.#media = media;
    this.#shown = shape(this.#video);
    media.addEventListener("pause", () => { if (this.#media === media) this.#refresh(); });
    if (Hls.isSupported() && this.#video.playback.hlsUrl) this.#stream(media, atS, isPlaying);
    else this.#native(media, atS);
  }

  #stream(media, atS, isPlaying) {
    const hls = new Hls({
      startPosition: this.#video.isLive ? -1 : atS,
      renderTextTracksNatively: false, // captions are tracks of the page
      fLoader: RangeLoader,
      enableWorker: false, // fragmented MP4 is passed on as it is
    });
    this.#hls = hls;
    hls.on(Hls.Events.MANIFEST_PARSED, (_name, { levels }) => {
      this.#control(media, levels.map(shortSide));
      hls.attachMedia(media); // after Plyr, which clones the element: a clone would load it too
      if (isPlaying) media.play().catch(() => {}); // a browser that forbids it shows the button
    });
    hls.on(Hls.Events.LEVEL_SWITCHED, (_name, { level }) => this.#sayLevel(hls.levels[level]));
    hls.on(Hls.Events.ERROR, (_name, data) => this.#failed(data));
    hls.loadSource(this.#video.playback.hlsUrl);
  }

  /** For browsers that stream by themselves, and for videos that are plain files. */
  #native(media, atS) {
    media.src = address(this.#video);
    media.addEventListener("loadedmetadata", () => { media.currentTime = atS; }, { once: true });
    this.#control(media, []);
  }

  #control(media, sizes) {
    const options = [AUTOMATIC, ...new Set(sizes)].sort((one, other) => (one && other ? other - one : one - other));
    this.#plyr = new Plyr(media, {
      controls: CONTROLS,
      settings: sizes.length > 1 ? ["captions", "quality", "speed"] : ["captions", "speed"],
      quality: { default: AUTOMATIC, options, forced: true, onChange: (value) => this.#choose(value) },
      i18n: { qualityLabel: { [AUTOMATIC]: "Automatic" } },
      captions: { active: false, update: true, language: "auto" },
      storage: { enabled: true, key: "medialoom.player" },
      iconUrl: this.place.dataset.sprite,
      blankVideo: "",
    });
    this.#hasBoard = false;
    this.#board();
  }

  #choose(side) {
    const hls = this.#hls;
    if (!hls) return;
    if (side === AUTOMATIC) {
      hls.loadLevel = -1;
      return;
    }
    const level = hls.levels.findIndex((each) => shortSide(each) === side);
    hls.currentLevel = level;
    this.#takeUp(hls, this.#media, level);
  }

  /**
   * Have the new rendition decoded from where we are, as soon as it is there.
   *
   * Chromium goes on at the next key frame only, when what it plays is replaced under it, and
   * short clips have no second one; a seek to the same place begins anew.
   */
  #takeUp(hls, media, level) {
    const buffered = (_name, { frag }) => {
      if (frag.type !== "main" || frag.level !== level) return;
      hls.off(Hls.Events.FRAG_BUFFERED, buffered);
      const { currentTime } = media;
      media.currentTime = currentTime;
    };
    hls.on(Hls.Events.FRAG_BUFFERED, buffered);
  }

  /** Tell in the menu which rendition was chosen automatically. */
  #sayLevel(level) {
    const words = this.place.querySelector('[data-plyr="quality"][value="0"] span');
    if (words && level) words.textContent = `Automatic (${shortSide(level)}p)`;
    this.place.dataset.level = level ? shortSide(level) : "";
  }

  /** Show small pictures over the bar as soon as there are some. */
  #board() {
    if (!this.#plyr || this.#hasBoard || !this.#video.storyboard) return;
    this.#hasBoard = true;
    const { storyboard, duration } = this.#video;
    this.#plyr.setPreviewThumbnails({
      enabled: true, src: (show) => show([thumbnails(storyboard, duration)]),
    });
  }

  #failed({ fatal, type }) {
    if (!fatal) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR && !this.#hls.isBroken) {
      this.#hls.isBroken = true; // one try
      this.#hls.recoverMediaError();
      return;
    }
    this.#left = { at: this.#media.currentTime, isPlaying: !this.#isIdle };
    this.#close();
    this.#again = setTimeout(() => {
      this.#again = null;
      this.lost();
    }, AGAIN_MS);
  }

  #close() {
    clearTimeout(this.#again);
    this.#again = null;
    this.#hls?.destroy();
    this.#plyr?.destroy();
    this.#media?.remove();
    this.#hls = this.#plyr = this.#media = null;
    this.#shown = "";
    delete this.place.dataset.level;
    this.place.replaceChildren();
  }
}

function makeMedia(video) {
  const media = document.createElement("video");
  media.playsInline = true;
  media.controls = true;
  media.preload = "metadata";
  if (video.previewUrl) media.poster = video.previewUrl;
  for (const { language, url } of video.captions) {
    const track = document.createElement("track");
    Object.assign(track, { kind: "captions", srclang: language, label: languageName(language), src: url });
    media.append(track);
  }
  return media;
}

/** Where a video is played from. */
function address({ playback }) {
  return playback.hlsUrl ?? playback.webVideoUrls[0] ?? null;
}

/** What a player has to be opened anew for; addresses change with their tokens as well. */
function shape(video) {
  const names = [address(video), ...video.captions.map(({ url }) => url)];
  return names.map((url) => url?.split("/").pop()).join(" ");
}

/** The size that a rendition is called by: the shorter side. */
function shortSide({ width, height }) {
  return Math.min(width, height);
}

function waitingWords(video) {
  if (video.state.id === 4) return "It plays here as soon as the stream begins.";
  return busy(video) ? "It plays here as soon as its first part is encoded." : "It cannot be played.";
}
