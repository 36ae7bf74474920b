import { describe, expect, it } from 'vitest';
import type { MachineSpec } from '../hypervisor.js';
import { kernelCommandLine } from './kernel-arguments.js';
import { processMarker, qemuArguments } from './qemu-arguments.js';

const spec: MachineSpec = {
  id: '0197f3a2',
  name: 'web-with-a-long-name',
  cpus: 2,
  memoryMib: 1024,
  kernelPath: '/images/vmlinux',
  initrdPath: '/images/initrd',
  bootArguments: ['net.ifnames=0', 'quiet', 'panic=-1'],
  drives: [
    { serial: 'bgr-root', path: '/vms/a,b"c/disk.qcow2', format: 'qcow2', readOnly: false },
    { serial: 'bgr-identity', path: '/vms/id.tar', format: 'raw', readOnly: true },
  ],
  nics: [
    {
      type: 'user',
      mac: '52:54:00:00:00:01',
      forwards: [
        { hostAddress: '127.0.0.1', hostPort: 22001, guestPort: 22, protocol: 'tcp' },
        { hostAddress: '192.0.2.7', hostPort: 5353, guestPort: 53, protocol: 'udp' },
      ],
    },
  ],
  consolePath: '/vms/console.log',
  logPath: '/vms/vmm.log',
  runtimeDirectory: '/run/banger/vm/a,b',
};

/** every value given to an option */
function values(args: readonly string[], option: string): (string | undefined)[] {
  return args.flatMap((argument, index) => (argument === option ? [args[index + 1]] : []));
}

describe('qemuArguments', () => {
  it('builds this command line for an emulated machine', () => {
    expect(qemuArguments(spec, 'tcg')).toMatchInlineSnapshot(`
      [
        "-name",
        "bgr-vm-0197f3a2",
        "-name",
        "process=bgr-web-with-a-",
        "-nodefaults",
        "-no-user-config",
        "-display",
        "none",
        "-no-reboot",
        "-S",
        "-sandbox",
        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        "-msg",
        "timestamp=on",
        "-machine",
        "q35,hpet=off,vmport=off,smbus=off,sata=off,usb=off,graphics=off",
        "-accel",
        "tcg,thread=multi,tb-size=256",
        "-cpu",
        "max",
        "-smp",
        "2",
        "-m",
        "1024M",
        "-rtc",
        "base=utc,clock=host",
        "-kernel",
        "/images/vmlinux",
        "-initrd",
        "/images/initrd",
        "-append",
        "console=ttyS0 panic=-1 no_timer_check tsc=reliable mitigations=off net.ifnames=0 quiet",
        "-blockdev",
        "{"driver":"qcow2","node-name":"bgr-root","read-only":false,"discard":"unmap","detect-zeroes":"unmap","file":{"driver":"file","filename":"/vms/a,b\\"c/disk.qcow2","read-only":false,"locking":"on","discard":"unmap"}}",
        "-device",
        "virtio-blk-pci,id=bgr-root,drive=bgr-root,serial=bgr-root,disable-legacy=on,werror=stop",
        "-blockdev",
        "{"driver":"raw","node-name":"bgr-identity","read-only":true,"file":{"driver":"file","filename":"/vms/id.tar","read-only":true,"locking":"on"}}",
        "-device",
        "virtio-blk-pci,id=bgr-identity,drive=bgr-identity,serial=bgr-identity,disable-legacy=on",
        "-netdev",
        "user,id=nic0,ipv6=off,hostfwd=tcp:127.0.0.1:22001-:22,hostfwd=udp:192.0.2.7:5353-:53",
        "-device",
        "virtio-net-pci,netdev=nic0,mac=52:54:00:00:00:01,disable-legacy=on,romfile=",
        "-device",
        "virtio-serial-pci,disable-legacy=on,max_ports=3",
        "-chardev",
        "socket,id=agent,path=/run/banger/vm/a,,b/agent.sock,server=on,wait=off",
        "-device",
        "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
        "-chardev",
        "socket,id=tell,path=/run/banger/vm/a,,b/tell.sock,server=on,wait=off",
        "-device",
        "virtserialport,chardev=tell,name=banger.tell.0",
        "-chardev",
        "socket,id=console,path=/run/banger/vm/a,,b/console.sock,server=on,wait=off",
        "-serial",
        "chardev:console",
        "-chardev",
        "socket,id=qmp,path=/run/banger/vm/a,,b/qmp.sock,server=on,wait=off",
        "-mon",
        "chardev=qmp,mode=control",
        "-object",
        "rng-random,id=rng0,filename=/dev/urandom",
        "-device",
        "virtio-rng-pci,rng=rng0,disable-legacy=on,max-bytes=65536,period=1000",
        "-device",
        "virtio-balloon-pci,id=balloon,disable-legacy=on,free-page-reporting=on,deflate-on-oom=on",
      ]
    `);
  });

  it('differs under KVM in accelerator, processor and kernel arguments alone', () => {
    const emulated = new Set(qemuArguments(spec, 'tcg'));
    expect(qemuArguments(spec, 'kvm').filter((argument) => !emulated.has(argument))).toEqual([
      'kvm',
      'host',
      'console=ttyS0 panic=-1 net.ifnames=0 quiet',
    ]);
  });

  it('bounds the translated code by the memory of the guest', () => {
    const size = (memoryMib: number) =>
      values(qemuArguments({ ...spec, memoryMib }, 'tcg'), '-accel')[0]?.replace(/.*=/, '');
    expect([128, 512, 1024, 8192].map(size)).toEqual(['64', '128', '256', '256']);
  });

  it('carries the marker as an argument of its own', () => {
    expect(qemuArguments(spec, 'tcg')).toContain(processMarker(spec.id));
  });

  it('keeps commas in paths from ending a value', () => {
    const args = qemuArguments(spec, 'tcg');
    expect(values(args, '-chardev').every((value) => value?.includes('path=/run/banger/vm/a,,b/'))).toBe(
      true,
    );
    const [root] = values(args, '-blockdev').map(
      (value) => JSON.parse(value ?? '') as { file: { filename: string } },
    );
    expect(root?.file.filename).toBe('/vms/a,b"c/disk.qcow2');
  });

  it('never makes a read-only drive writable, nor forwards from another address than the one given', () => {
    const args = qemuArguments(spec, 'tcg');
    const [, identity] = values(args, '-blockdev').map(
      (value) => JSON.parse(value ?? '') as Record<string, unknown>,
    );
    expect(identity).toMatchObject({ 'read-only': true, file: { 'read-only': true } });
    expect(values(args, '-netdev')).toEqual([
      'user,id=nic0,ipv6=off,hostfwd=tcp:127.0.0.1:22001-:22,hostfwd=udp:192.0.2.7:5353-:53',
    ]);
  });

  it('keeps the memory of a machine that is saved in its file, of which one that goes on changes nothing', () => {
    const saved = { memoryPath: '/templates/a,b/memory', statePath: '/templates/a,b/state' };
    const memory = (args: readonly string[]): (string | undefined)[] =>
      values(args, '-object').filter((value) => value?.startsWith('memory-backend-'));
    const plain = qemuArguments(spec, 'tcg');
    const saving = qemuArguments({ ...spec, saveTo: saved }, 'tcg');
    const restoring = qemuArguments({ ...spec, restoreFrom: saved }, 'tcg');
    expect([plain, saving, restoring].map(memory)).toEqual([
      [],
      [expect.stringMatching(/,size=1024M,mem-path=\/templates\/a,,b\/memory,share=on$/)],
      [expect.stringMatching(/,size=1024M,mem-path=\/proc\/self\/fd\/3,share=off$/)],
    ]);
    const rest = (args: readonly string[]): string[] =>
      args.filter(
        (argument) => !argument.startsWith('memory-backend-') && !/^(-incoming|defer)$/.test(argument),
      );
    expect(rest(restoring), 'all else is the same').toEqual(rest(saving));
    expect([saving, restoring].map((args) => values(args, '-incoming'))).toEqual([[], ['defer']]);
    expect(restoring.join(' '), 'a guest that takes QEMU over learns no path').not.toContain('/templates');
  });

  it('makes a machine without network', () => {
    expect(values(qemuArguments({ ...spec, nics: [] }, 'tcg'), '-netdev')).toEqual([]);
  });
});

describe('kernelCommandLine', () => {
  it('puts the image last, so that it can override, and says nothing twice', () => {
    expect(kernelCommandLine(['mitigations=auto', 'panic=-1'], 'tcg')).toBe(
      'console=ttyS0 panic=-1 no_timer_check tsc=reliable mitigations=off mitigations=auto',
    );
  });

  it('leaves clock and mitigations to the kernel under KVM', () => {
    expect(kernelCommandLine([], 'kvm')).toBe('console=ttyS0 panic=-1');
  });
});
