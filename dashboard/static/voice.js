// The browser's speech synthesis and recognition, and the ringing tone. Any of them may be missing.

const voice = window.speechSynthesis;
let audio = null;
let tone = null;

export function speak(text, language) {
  if (!voice) return;
  const words = new SpeechSynthesisUtterance(text);
  words.lang = language;
  voice.speak(words);
}

export const stopSpeaking = () => voice?.cancel();

// 425 Hz, a second and a half of sound and three of silence, as in Spain.
export function ring() {
  const Context = window.AudioContext;
  if (!Context || tone) return;
  audio ??= new Context();
  const volume = audio.createGain();
  volume.gain.value = 0;
  for (let beat = 0; beat < 20; beat += 1) {
    volume.gain.setValueAtTime(0.06, audio.currentTime + beat * 4.5);
    volume.gain.setValueAtTime(0, audio.currentTime + beat * 4.5 + 1.5);
  }
  tone = audio.createOscillator();
  tone.frequency.value = 425;
  tone.connect(volume).connect(audio.destination);
  tone.start();
}

export function stopRinging() {
  tone?.stop();
  tone = null;
}

// Listens during the caller's turn. The microphone stays on from turn to turn.
export class SpeechInput {
  constructor({ language, onWords, onSound, onTrouble }) {
    const Recognition = window.SpeechRecognition ?? window.webkitSpeechRecognition;
    this.exist = Boolean(Recognition);
    this.isOn = false;
    this.isOpen = false;
    if (!this.exist) return;
    this.recognition = new Recognition();
    this.recognition.lang = language;
    this.recognition.onspeechstart = onSound;
    this.recognition.onresult = (event) => {
      const best = event.results[event.results.length - 1][0];
      onWords(best.transcript.trim(), best.confidence || null);
    };
    this.recognition.onend = () => {
      this.isOpen = false;
      if (this.isOn && this.wants) this.open();
    };
    this.recognition.onerror = (event) => {
      if (event.error === "not-allowed" || event.error === "service-not-allowed") {
        this.stop();
        onTrouble("no_microphone");
      }
    };
  }

  open() {
    this.wants = true;
    if (!this.isOn || this.isOpen) return;
    this.isOpen = true;
    this.recognition.start();
  }

  close() {
    this.wants = false;
    if (this.isOpen) this.recognition.abort();
  }

  // Turning it on during the assistant's words interrupts them.
  toggle() {
    this.isOn = !this.isOn;
    if (this.isOn) this.open();
    else this.close();
    return this.isOn;
  }

  stop() {
    this.isOn = false;
    if (this.exist) this.close();
  }
}
