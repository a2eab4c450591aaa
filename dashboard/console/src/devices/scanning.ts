// Reading a QR code from the camera: with the browser's own eyes where it has some, else with a small decoder.

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
type DetectorClass = new (options: { formats: string[] }) => Detector;

/** Reads the code that a frame of the camera shows, null where it shows none. */
export type Reader = (video: HTMLVideoElement) => Promise<string | null>;

export async function newReader(): Promise<Reader> {
  const own = (window as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  if (own) {
    const detector = new own({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
  }
  const { default: decode } = await import("jsqr");
  const canvas = document.createElement("canvas");
  const brush = canvas.getContext("2d", { willReadFrequently: true })!;
  return async (video) => {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    brush.drawImage(video, 0, 0);
    const { data, width, height } = brush.getImageData(0, 0, canvas.width, canvas.height);
    return decode(data, width, height, { inversionAttempts: "dontInvert" })?.data ?? null;
  };
}

/** Without HTTPS a browser gives no page a camera. */
export const hasCamera = (): boolean => Boolean(navigator.mediaDevices?.getUserMedia);
