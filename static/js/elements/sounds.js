/** The sounds of notifications, which are synthesized, so that there are no files to load. */

const PEAK = 0.25;
const START_TIMEOUT = 300; // in milliseconds; without any use of the page, the browser doesn't start its audio

/** Tones by sound: {at and duration in seconds, frequency in hertz, and to which one it glides}. */
const SOUNDS = {
  knock: [
    { at: 0, duration: 0.12, from: 210, to: 90 },
    { at: 0.13, duration: 0.14, from: 190, to: 80 },
  ],
  bell: [
    { at: 0, duration: 1.1, from: 880, to: 880 },
    { at: 0, duration: 0.7, from: 2217, to: 2217, peak: 0.3 },
  ],
  drop: [
    { at: 0, duration: 0.09, from: 420, to: 1150 },
    { at: 0.11, duration: 0.16, from: 560, to: 1500, peak: 0.6 },
  ],
};

let audio = null;

/** Plays a sound: "knock", "bell" or "drop". Resolves with whether the browser allows it. */
export async function playSound(name) {
  const tones = SOUNDS[name];
  if (!tones || !globalThis.AudioContext) return false;
  audio ??= new AudioContext();
  if (audio.state !== "running") await Promise.race([audio.resume(), wait(START_TIMEOUT)]);
  if (audio.state !== "running") return false;
  for (const tone of tones) playTone(audio, tone);
  return true;
}

function playTone(context, { at, duration, from, to, peak = 1 }) {
  const start = context.currentTime + at;
  const end = start + duration;
  const oscillator = new OscillatorNode(context, { type: "sine", frequency: from });
  const volume = new GainNode(context, { gain: 0 });
  oscillator.frequency.exponentialRampToValueAtTime(to, end);
  volume.gain.setValueAtTime(0.0001, start);
  volume.gain.exponentialRampToValueAtTime(PEAK * peak, start + 0.008);
  volume.gain.exponentialRampToValueAtTime(0.0001, end);
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(end);
}

function wait(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
