// The camera of this machine, shown in a video element; a picture of it as a file.

export default class Camera {
  constructor(video) {
    this.video = video;
  }

  static isThere() {
    return Boolean(navigator.mediaDevices?.getUserMedia);
  }

  // Rejects with words for people where there is none, or it is not allowed.
  async open() {
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
    } catch (error) {
      throw new Error(WHY[error.name] ?? `The camera cannot be used: ${error.message}`);
    }
    this.video.srcObject = this.stream;
    await this.video.play();
  }

  async shoot() {
    const canvas = document.createElement("canvas");
    canvas.width = this.video.videoWidth;
    canvas.height = this.video.videoHeight;
    canvas.getContext("2d").drawImage(this.video, 0, 0);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  }

  close() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.video.srcObject = null;
    this.stream = null;
  }
}

const WHY = {
  NotAllowedError: "The browser does not let this page use the camera. Allow it beside the address, then try again.",
  NotFoundError: "There is no camera on this machine. Choose a picture instead.",
  NotReadableError: "Another program uses the camera. Close it there, then try again.",
};
