export { IDENTITY_SERIAL, ROOT_SERIAL, WORK_SERIAL } from './guest/guest-script.js';
export { ROOT_SECTORS_PATH, WORK_ARGUMENT, WORK_SECTORS_PATH, WORK_STATUS_PATH } from './guest/initramfs.js';
export { ImageDoctorModule } from './doctor/image-doctor.module.js';
export { ImagesCheck } from './doctor/images.check.js';
export { ImageRegistration } from './store/image-registration.js';
export { ImageModule } from './image.module.js';
export { ImageService } from './image.service.js';
export type { BootableImage } from './image.types.js';
